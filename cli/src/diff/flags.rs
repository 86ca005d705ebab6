//! An example request in the words of `decide` and `explain`, to be copied into a shell.

use serde_json::Value;

/// How a request is asked about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Asking {
    /// By these flags.
    Flags(String),
    /// By its document: a command that writes it, for `--request -`.
    Input(String),
}

/// The flags that say what a request document says; its document where they do not say all of it.
pub(super) fn asking(request: &Value) -> Asking {
    peer(request).zip(headers(request)).map_or_else(
        || input(request),
        |(peer, headers)| {
            let mut flags = vec![peer];
            flags.extend(attributes(request));
            flags.extend(headers);
            Asking::Flags(flags.join(" "))
        },
    )
}

/// One flag with its value, each a word of a shell.
pub(super) fn flag(name: &str, value: &str) -> String {
    // What begins with a dash would be taken for another flag.
    let between = if value.starts_with('-') { '=' } else { ' ' };
    format!("{name}{between}{}", quoted(value))
}

/// Who the peer is; `None` where a certificate says more than a SPIFFE ID, or another thing.
fn peer(request: &Value) -> Option<String> {
    let Some(peer) = request.get("peer") else {
        return Some("--plaintext".to_owned());
    };
    let is_alone = peer.as_object().is_some_and(|peer| peer.len() == 1);
    let id = peer.get("spiffeId").and_then(Value::as_str);
    id.filter(|_| is_alone).map(|id| flag("--peer", id))
}

fn attributes(request: &Value) -> Vec<String> {
    let texts = [
        ("--protocol", "/protocol"),
        ("--method", "/method"),
        ("--host", "/host"),
        ("--path", "/path"),
        ("--source-ip", "/source/ip"),
        ("--remote-ip", "/source/remoteIp"),
        ("--destination-ip", "/destination/ip"),
        ("--sni", "/sni"),
        ("--time", "/time"),
    ];
    let text = |place: &str| request.pointer(place).and_then(Value::as_str);
    let texts = texts
        .iter()
        .filter_map(|(name, place)| Some(flag(name, text(place)?)));
    let values = [
        ("--port", "/destination/port"),
        ("--jwt", "/jwt"),
        ("--metadata", "/metadata"),
    ];
    let values = values
        .iter()
        .filter_map(|(name, place)| Some(flag(name, &request.pointer(place)?.to_string())));
    texts.chain(values).collect()
}

/// The headers; `None` where one begins or ends with a space, which the flag takes away.
fn headers(request: &Value) -> Option<Vec<String>> {
    let headers = request.get("headers").and_then(Value::as_array);
    let header = |header: &Value| {
        let (name, value) = (header.get(0)?.as_str()?, header.get(1)?.as_str()?);
        (value.trim_ascii() == value).then(|| flag("--header", &format!("{name}: {value}")))
    };
    headers.into_iter().flatten().map(header).collect()
}

/// The document on standard input.
fn input(request: &Value) -> Asking {
    Asking::Input(format!("printf '%s' {}", quoted(&request.to_string())))
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
        let flags = r"--peer spiffe://a/b --method GET --path '/it'\''s?x=1' --port 80 --header 'x-a: b c'";
        assert_eq!(asking(&request), Asking::Flags(flags.to_owned()));
        let request = json!({"protocol": "tcp", "sni": "-x"});
        let flags = "--plaintext --protocol tcp --sni=-x";
        assert_eq!(asking(&request), Asking::Flags(flags.to_owned()));
    }

    #[test]
    fn what_no_flag_says_is_a_document() {
        for request in [
            json!({"peer": {"uriSans": []}, "protocol": "tcp"}),
            json!({"headers": [["x-a", " b"]]}),
        ] {
            let input = format!("printf '%s' '{request}'");
            assert_eq!(asking(&request), Asking::Input(input));
        }
    }
}
