//! What the upstream of a gRPC call sends.

use crate::parity::endpoint::Command;
use crate::parity::headers;

/// The initial metadata.
///
/// # Errors
/// When a line is no header.
pub(crate) fn metadata(own: &[String]) -> Result<Command, String> {
    let mut pairs = headers::response(200, &["content-type: application/grpc".to_owned()])?;
    pairs.extend(headers::pairs(own)?);
    Ok(Command::Headers { pairs, end: false })
}

/// A message, with the five bytes that gRPC puts in front.
pub(crate) fn message(bytes: &[u8]) -> Command {
    let length = u32::try_from(bytes.len()).expect("a short message").to_be_bytes();
    Command::Body {
        bytes: [&[0][..], &length, bytes].concat(),
        end: false,
    }
}

/// The end.
pub(crate) fn close(status: u32, text: &str) -> Command {
    let mut pairs = vec![("grpc-status".to_owned(), status.to_string().into_bytes())];
    if !text.is_empty() {
        pairs.push(("grpc-message".to_owned(), text.as_bytes().to_vec()));
    }
    Command::Trailers(pairs)
}
