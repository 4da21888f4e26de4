// SPDX-License-Identifier: MIT
//! Rust's crate tempfile, measuring itself: reads commands, one a line, "WORD COUNT DIR", does what
//! the word says COUNT times, and answers with the seconds. See peers.h, and io_items.h for the
//! sizes. A file has no buffer; reading and writing in sequence use the usual ones of the standard
//! library.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Error, ErrorKind, Read, Seek, SeekFrom, Write};
use std::time::Instant;

const RECORD: usize = 64;
const RECORDS: usize = 16384;
const BLOCK: usize = 1 << 20;
const SIZE: usize = 4 << 20;
const PLACES: usize = 1000;
const NEAR: u64 = 2048;
const ASKED: usize = 10000;
const LINE: &[u8] = b"the quick brown fox jumps over the lazy dog, and it sleeps, ...\n";
const TEXT: &str = "quick brown fox jumps over the lazy dog, and it sleeps.";

fn place(i: usize) -> u64 {
    let bits = (i as u32).wrapping_mul(2654435761);
    u64::from(bits >> 8) % (SIZE / RECORD) as u64 * RECORD as u64
}

fn exercise<T: Read + Write + Seek>(mut file: T) -> io::Result<()> {
    let given = [b'x'; 100];
    let mut bytes = [0; 100];
    file.write_all(&given)?;
    file.seek(SeekFrom::Start(0))?;
    file.read_exact(&mut bytes)?;
    if bytes == given {
        Ok(())
    } else {
        Err(Error::new(ErrorKind::InvalidData, "it reads something else"))
    }
}

fn fill(dir: &str) -> io::Result<File> {
    let mut file = tempfile::tempfile_in(dir)?;
    file.write_all(&LINE.repeat(SIZE / RECORD))?;
    Ok(file)
}

fn pass(word: &str, file: &mut File, block: &mut [u8]) -> io::Result<()> {
    let mut record = [0; RECORD];
    if !word.ends_with("anywhere") {
        file.seek(SeekFrom::Start(0))?;
    }
    match word {
        "write_records" => {
            let mut out = BufWriter::new(file);
            for _ in 0..RECORDS {
                out.write_all(LINE)?;
            }
            out.flush()
        }
        "read_records" => {
            let mut input = BufReader::new(file);
            (0..RECORDS).try_for_each(|_| input.read_exact(&mut record))
        }
        "read_lines" => {
            let mut input = BufReader::new(file);
            let mut line = Vec::with_capacity(RECORD);
            for _ in 0..RECORDS {
                line.clear();
                input.read_until(b'\n', &mut line)?;
            }
            Ok(())
        }
        "print_lines" => {
            let mut out = BufWriter::new(file);
            for i in 0..RECORDS {
                writeln!(out, "{} {}", 1_000_000 + i, TEXT)?;
            }
            out.flush()
        }
        "write_blocks" => (0..SIZE / BLOCK).try_for_each(|_| file.write_all(block)),
        "read_blocks" => (0..SIZE / BLOCK).try_for_each(|_| file.read_exact(block)),
        "read_anywhere" => (0..PLACES).try_for_each(|i| {
            file.seek(SeekFrom::Start(place(i)))?;
            file.read_exact(&mut record)
        }),
        "write_anywhere" => (0..PLACES).try_for_each(|i| {
            file.seek(SeekFrom::Start(place(i)))?;
            file.write_all(LINE)
        }),
        "read_nearby" => {
            let mut input = BufReader::new(file);
            let mut at = 0;
            for i in 0..ASKED {
                let to = place(i) % NEAR;
                input.seek_relative(to as i64 - at)?;
                input.read_exact(&mut record[..1])?;
                at = to as i64 + 1;
            }
            Ok(())
        }
        "tell" => {
            let mut input = BufReader::new(file);
            for _ in 0..ASKED {
                input.read_exact(&mut record[..1])?;
                input.stream_position()?;
            }
            Ok(())
        }
        "stay" => {
            let mut input = BufReader::new(file);
            input.read_exact(&mut record[..1])?;
            (0..ASKED).try_for_each(|_| input.seek_relative(0))
        }
        _ => Err(Error::new(ErrorKind::InvalidInput, "no such word")),
    }
}

fn create(word: &str, dir: &str) -> Option<io::Result<()>> {
    Some(match word {
        "nothing" => Ok(()),
        "unnamed" => tempfile::tempfile_in(dir).map(drop),
        "named" => tempfile::NamedTempFile::new_in(dir).and_then(|file| file.close()),
        "use_unnamed" => tempfile::tempfile_in(dir).and_then(exercise),
        "use_named" => tempfile::NamedTempFile::new_in(dir).and_then(exercise),
        _ => return None,
    })
}

fn main() -> io::Result<()> {
    let mut open: Option<File> = None;
    let mut block = LINE.repeat(BLOCK / RECORD);
    for command in io::stdin().lock().lines() {
        let command = command?;
        let mut words = command.splitn(3, ' ');
        let (word, count, dir) = match (words.next(), words.next(), words.next()) {
            (Some(word), Some(count), Some(dir)) => (word, count, dir),
            _ => return Err(Error::new(ErrorKind::InvalidInput, "no command")),
        };
        let count: usize = count.parse().unwrap_or(1);
        let creates = create(word, dir).is_some();
        if !creates && open.is_none() {
            open = Some(fill(dir)?);
        }
        let begin = Instant::now();
        for _ in 0..count {
            match open.as_mut() {
                Some(file) if !creates => pass(word, file, &mut block)?,
                _ => create(word, dir).unwrap_or(Ok(()))?,
            }
        }
        println!("{}", begin.elapsed().as_secs_f64());
    }
    Ok(())
}
