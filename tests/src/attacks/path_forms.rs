//! Forms of `/app/../admin` and of `/admin`: every way to write the slash with every way to write the dots.

const SLASHES: [&str; 14] = [
    "/", "//", r"\", "/;/", "/.;x/", "/./", "%2f", "%2F", "%5c", "%5C", "%252f", "%c0%af", "%255c", "%c1%9c",
];
const DOTS: [&str; 12] = [
    "..",
    "%2e%2e",
    ".%2E",
    "%2E.",
    "..;",
    "..;a=b",
    "%2e%2e;x",
    "..%3b",
    "%252e%252e",
    "%c0%ae%c0%ae",
    "%u002e%u002e",
    "..%00",
];
const SUFFIXES: [&str; 14] = [
    "", "/", "/.", "/..", "/./", "//", ";", ";/", "/;", "?", "%3f", "%23", "%20", ".",
];

/// Request targets, each written once.
#[must_use]
pub fn disguises_of_admin() -> Vec<String> {
    let mut targets = Vec::new();
    for slash in SLASHES {
        targets.extend(DOTS.map(|dots| format!("/app{slash}{dots}{slash}admin")));
        targets.push(format!("{slash}admin"));
        targets.push(format!("/{slash}admin"));
    }
    for suffix in SUFFIXES {
        targets.push(format!("/admin{suffix}"));
        targets.push(format!("/app/../admin{suffix}"));
    }
    targets.extend(escaped_letters());
    targets.sort();
    targets.dedup();
    targets
}

/// `/admin` with each letter escaped, once and twice, and with all of them.
fn escaped_letters() -> Vec<String> {
    let letters: Vec<char> = "admin".chars().collect();
    let escaped = |escape: &dyn Fn(char) -> String, only: Option<usize>| -> String {
        let written = letters.iter().enumerate().map(|(index, letter)| match only {
            Some(only) if only != index => letter.to_string(),
            Some(_) | None => escape(*letter),
        });
        format!("/{}", written.collect::<String>())
    };
    let once = |letter: char| format!("%{:02x}", u32::from(letter));
    let upper = |letter: char| format!("%{:02X}", u32::from(letter));
    let twice = |letter: char| format!("%25{:02x}", u32::from(letter));
    let escapes: [&dyn Fn(char) -> String; 3] = [&once, &upper, &twice];
    let which = || (0..letters.len()).map(Some).chain([None]);
    escapes
        .iter()
        .flat_map(|escape| which().map(|only| escaped(escape, only)))
        .collect()
}
