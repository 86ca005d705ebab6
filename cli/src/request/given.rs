//! [`Given`]: what flags say of a request.

use std::path::Path;

use spiffe_authz_policy::{Document, Limits, RequestDocument};

use crate::request::document::{map_of, set, text};
use crate::request::file::read_bytes;
use crate::request::{Asked, Logged, RequestError, time as clock};

/// The fields that flags set, each with its path in a request document.
#[derive(Clone, Debug, Default)]
pub(super) struct Given {
    fields: Vec<(&'static [&'static str], Document)>,
}

impl Given {
    /// Whether nothing describes a request; when it is judged is no part of it.
    pub(super) fn is_empty(&self) -> bool {
        self.fields.iter().all(|(path, _)| *path == ["time"])
    }

    /// Whether flags say anything of this field.
    pub(super) fn has(&self, field: &str) -> bool {
        self.fields.iter().any(|(path, _)| path.join(".") == field)
    }

    pub(super) fn text(&mut self, path: &'static [&'static str], value: Option<&str>) {
        self.fields.extend(value.map(|value| (path, text(value))));
    }

    pub(super) fn number(&mut self, path: &'static [&'static str], value: Option<u16>) {
        let number = value.map(|value| Document::Number(value.to_string()));
        self.fields.extend(number.map(|number| (path, number)));
    }

    pub(super) fn headers(&mut self, headers: &[(String, String)]) {
        if !headers.is_empty() {
            let pair = |(name, value): &(String, String)| Document::List(vec![text(name), text(value)]);
            self.fields
                .push((&["headers"], Document::List(headers.iter().map(pair).collect())));
        }
    }

    /// The peer by its SPIFFE ID, by nothing, or by a certificate.
    pub(super) fn peer(
        &mut self,
        spiffe_id: Option<&str>,
        is_plaintext: bool,
        certificate: Option<&Path>,
    ) -> Result<(), RequestError> {
        let peer = match (spiffe_id, certificate) {
            (Some(id), _) => map_of("spiffeId", text(id)),
            (None, Some(path)) => map_of("certificatePem", text(pem(path)?)),
            (None, None) if is_plaintext => Document::Null,
            (None, None) => return Ok(()),
        };
        self.fields.push((&["peer"], peer));
        Ok(())
    }

    /// JSON, or a file of it.
    pub(super) fn json(
        &mut self,
        flag: &'static str,
        path: &'static [&'static str],
        value: Option<&str>,
    ) -> Result<(), RequestError> {
        let Some(value) = value else {
            return Ok(());
        };
        let bytes = match value.trim_ascii_start().starts_with('{') {
            true => value.as_bytes().to_vec(),
            false => read_bytes(Path::new(value))?,
        };
        let document = Document::from_json(&bytes, Limits::default());
        let document = document.map_err(|error| RequestError::Argument {
            flag,
            reason: format!("not JSON: {error}"),
        })?;
        self.fields.push((path, document));
        Ok(())
    }

    /// The request that the flags alone describe.
    pub(super) fn request(&self) -> Result<Asked, RequestError> {
        self.complete(Document::Map(Vec::new()), None, Vec::new(), None)
    }

    /// A request that was written down, with what flags say instead or beside it. The time is now where nobody says it.
    pub(super) fn complete(
        &self,
        mut document: Document,
        origin: Option<String>,
        mut notes: Vec<String>,
        logged: Option<Logged>,
    ) -> Result<Asked, RequestError> {
        for (path, value) in &self.fields {
            set(&mut document, path, value.clone());
        }
        if let (Document::Map(_), None, Some(now)) = (&document, document.field("time"), clock::now()) {
            let now = clock::written(now);
            notes.push(format!("the time is now, {now}: `--time` sets another"));
            set(&mut document, &["time"], text(now));
        }
        let request = RequestDocument::from_document(&document).map_err(|errors| RequestError::Document {
            origin: origin.clone().unwrap_or_else(|| "the flags".to_owned()),
            errors,
        })?;
        Ok(Asked {
            request,
            origin,
            notes,
            logged,
        })
    }
}

fn pem(path: &Path) -> Result<String, RequestError> {
    String::from_utf8(read_bytes(path)?).map_err(|_| RequestError::Argument {
        flag: "--cert",
        reason: format!(
            "`{}` is no PEM file; `openssl x509 -inform der` turns DER into PEM",
            path.display()
        ),
    })
}
