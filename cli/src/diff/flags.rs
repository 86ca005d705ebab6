//! An example request as the flags of `decide` and `explain`, to be copied into a shell.

use serde_json::Value;

/// The flags that say what a request document says.
pub(super) fn flags(request: &Value) -> String {
    let mut flags: Vec<String> = Vec::new();
    let mut push = |flag: &str, value: &str| flags.push(format!("{flag} {}", quoted(value)));
    let text = |place: &str| request.pointer(place).and_then(Value::as_str);
    match request.get("peer") {
        None => push("--plaintext", ""),
        Some(peer) => match peer.get("spiffeId").and_then(Value::as_str) {
            Some(id) if peer.as_object().is_some_and(|peer| peer.len() == 1) => push("--peer", id),
            // What else a certificate says, only a document can say.
            Some(_) | None => return document(request),
        },
    }
    for (flag, place) in [
        ("--protocol", "/protocol"),
        ("--method", "/method"),
        ("--host", "/host"),
        ("--path", "/path"),
        ("--source-ip", "/source/ip"),
        ("--remote-ip", "/source/remoteIp"),
        ("--destination-ip", "/destination/ip"),
        ("--sni", "/sni"),
        ("--time", "/time"),
    ] {
        if let Some(value) = text(place) {
            push(flag, value);
        }
    }
    if let Some(port) = request.pointer("/destination/port") {
        push("--port", &port.to_string());
    }
    let headers = request.get("headers").and_then(Value::as_array);
    for header in headers.into_iter().flatten() {
        let part = |index: usize| header.get(index).and_then(Value::as_str).unwrap_or_default();
        push("--header", &format!("{}: {}", part(0), part(1)));
    }
    for (flag, name) in [("--jwt", "jwt"), ("--metadata", "metadata")] {
        if let Some(value) = request.get(name) {
            push(flag, &value.to_string());
        }
    }
    flags.join(" ").replace("--plaintext ''", "--plaintext")
}

/// The document on standard input.
fn document(request: &Value) -> String {
    format!("--request - <<< {}", quoted(&request.to_string()))
}

/// The text as one word of a shell.
fn quoted(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._/:@,+=".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_request_is_flags_that_a_shell_takes_apart_again() {
        let request = json!({"peer": {"spiffeId": "spiffe://a/b"}, "method": "GET", "path": "/it's?x=1",
            "headers": [["x-a", "b c"]], "destination": {"port": 80}});
        assert_eq!(
            flags(&request),
            r"--peer spiffe://a/b --method GET --path '/it'\''s?x=1' --port 80 --header 'x-a: b c'"
        );
    }

    #[test]
    fn what_no_flag_says_is_a_document() {
        let request = json!({"peer": {"uriSans": []}, "protocol": "tcp"});
        assert_eq!(
            flags(&request),
            r#"--request - <<< '{"peer":{"uriSans":[]},"protocol":"tcp"}'"#
        );
        assert_eq!(flags(&json!({"protocol": "tcp"})), "--plaintext --protocol tcp");
    }
}
