//! The table of `named.txt`.

use crate::vector::{Vector, What};

pub(crate) fn ids() -> Vec<Vector> {
    let mut part = "";
    let mut vectors = Vec::new();
    for line in include_str!("named.txt").lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            part = comment;
        } else if !line.is_empty() && line != "#" {
            vectors.push(vector(part, line));
        }
    }
    vectors
}

/// `WHAT  the name  "the bytes"`; the part of the table tells equal names apart.
fn vector(part: &str, line: &str) -> Vector {
    let (what, rest) = line.split_once(' ').expect("what it is");
    let (name, quoted) = rest.split_once('"').expect("quotes");
    let what = match what {
        "workload" => What::Workload,
        "signer" => What::Signer,
        "refused" => What::Refused,
        other => panic!("`{other}` in `{line}`"),
    };
    let bytes = unescape(quoted.strip_suffix('"').expect("quotes"));
    Vector::new(format!("{part} {}: {quoted}", name.trim()), bytes, what)
}

fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let unescaped = match byte {
            b'\\' => escaped(&mut rest),
            itself => itself,
        };
        bytes.push(unescaped);
    }
    bytes
}

fn escaped(rest: &mut impl Iterator<Item = u8>) -> u8 {
    match rest.next().expect("a character behind the backslash") {
        b'0' => 0,
        b't' => b'\t',
        b'r' => b'\r',
        b'n' => b'\n',
        quoted @ (b'\\' | b'"') => quoted,
        b'x' => {
            let digits: Vec<u8> = rest.take(2).collect();
            let digits = String::from_utf8(digits).expect("two digits");
            u8::from_str_radix(&digits, 16).expect("two hexadecimal digits")
        }
        other => panic!("no escape: `\\{}`", char::from(other)),
    }
}
