//! A certificate that is given itself: RFC 5280, as far as X509-SVID and E-9 ask.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};

use super::der::{
    BIT_STRING, BOOLEAN, Element, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, elements, only,
};
use super::leaf::{Leaf, hexadecimal};

/// id-ce, without the last number: `2.5.29`.
const CERTIFICATE_EXTENSION: [u8; 2] = [0x55, 0x1d];
const KEY_USAGE: u8 = 15;
const SUBJECT_ALT_NAME: u8 = 17;
const BASIC_CONSTRAINTS: u8 = 19;
const AUTHORITY_KEY_IDENTIFIER: u8 = 35;
const EXTENDED_KEY_USAGE: u8 = 37;
/// `1.3.6.1.5.5.7.3.1` and `.2`.
const SERVER_AUTH: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01];
const CLIENT_AUTH: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02];
const EXPLICIT_0: u8 = 0xa0;
const EXPLICIT_3: u8 = 0xa3;
const KEY_IDENTIFIER: u8 = 0x80;
const DNS_NAME: u8 = 0x82;
const URI: u8 = 0x86;
/// The first byte of a key usage.
const DIGITAL_SIGNATURE: u8 = 0b1000_0000;
const KEY_CERT_SIGN: u8 = 0b0000_0100;
const CRL_SIGN: u8 = 0b0000_0010;

struct Extension<'d> {
    number: u8,
    critical: bool,
    value: Element<'d>,
}

/// The first certificate of a PEM file.
pub(super) fn read_pem(pem: &str) -> Result<Leaf<'static>, String> {
    let base64: String = pem
        .lines()
        .skip_while(|line| !line.starts_with("-----BEGIN CERTIFICATE"))
        .skip(1)
        .take_while(|line| !line.starts_with("-----"))
        .collect();
    read_der(&STANDARD.decode(base64).map_err(|error| error.to_string())?)
}

fn read_der(der: &[u8]) -> Result<Leaf<'static>, String> {
    let certificate = only(der)?.children(SEQUENCE)?;
    let signed = certificate.first().ok_or("no content")?.children(SEQUENCE)?;
    let fields: Vec<_> = signed
        .iter()
        .skip_while(|field| field.tag == EXPLICIT_0)
        .collect();
    let [serial, _, _, validity, subject, ..] = fields[..] else {
        return Err("a certificate has more fields".to_owned());
    };
    let [not_before, not_after] = validity.children(SEQUENCE)?[..] else {
        return Err("a validity has two ends".to_owned());
    };
    let extensions = match signed.iter().find(|field| field.tag == EXPLICIT_3) {
        None => Vec::new(),
        Some(list) => extensions(only(list.content)?)?,
    };
    let (uri_sans, dns_sans) = alt_names(find(&extensions, SUBJECT_ALT_NAME))?;
    Ok(Leaf {
        uri_sans,
        dns_sans,
        not_before: Some(not_before.time()?),
        not_after: Some(not_after.time()?),
        serial_number: Some(hexadecimal(serial.of(INTEGER)?)),
        sha256_digest: Some(hexadecimal(digest(&SHA256, der).as_ref())),
        issuer_key_id: issuer_key_id(find(&extensions, AUTHORITY_KEY_IDENTIFIER))?,
        may_authenticate: may_authenticate(&extensions, subject.content.is_empty())?,
    })
}

fn extensions(list: Element<'_>) -> Result<Vec<Extension<'_>>, String> {
    let mut extensions = Vec::new();
    for extension in list.children(SEQUENCE)? {
        let parts = extension.children(SEQUENCE)?;
        let (id, critical, value) = match parts[..] {
            [id, value] => (id, false, value),
            [id, critical, value] => (id, critical.of(BOOLEAN)? != [0], value),
            _ => return Err("an extension has two or three parts".to_owned()),
        };
        let value = value.of(OCTET_STRING)?;
        // Others may hold what is no DER.
        if let [a, b, number] = *id.of(OBJECT_IDENTIFIER)?
            && [a, b] == CERTIFICATE_EXTENSION
        {
            extensions.push(Extension {
                number,
                critical,
                value: only(value)?,
            });
        }
    }
    Ok(extensions)
}

fn find<'e, 'd>(extensions: &'e [Extension<'d>], number: u8) -> Option<&'e Extension<'d>> {
    extensions.iter().find(|extension| extension.number == number)
}

type Names = (Vec<Cow<'static, [u8]>>, Vec<String>);

fn alt_names(extension: Option<&Extension<'_>>) -> Result<Names, String> {
    let mut names = Names::default();
    let Some(extension) = extension else {
        return Ok(names);
    };
    for name in extension.value.children(SEQUENCE)? {
        match name.tag {
            URI => names.0.push(Cow::Owned(name.content.to_vec())),
            DNS_NAME => names.1.push(String::from_utf8_lossy(name.content).into_owned()),
            _ => {}
        }
    }
    Ok(names)
}

fn issuer_key_id(extension: Option<&Extension<'_>>) -> Result<Option<String>, String> {
    let Some(extension) = extension else {
        return Ok(None);
    };
    let parts = extension.value.children(SEQUENCE)?;
    let id = parts.iter().find(|part| part.tag == KEY_IDENTIFIER);
    Ok(id.map(|id| id.content.iter().map(|byte| format!("{byte:02x}")).collect()))
}

/// X509-SVID 4.1, 4.3 and 4.4; RFC 5280 4.2.1.6 on an empty subject.
fn may_authenticate(extensions: &[Extension<'_>], no_subject: bool) -> Result<bool, String> {
    let san_is_critical = find(extensions, SUBJECT_ALT_NAME).is_none_or(|san| san.critical);
    Ok(!is_authority(find(extensions, BASIC_CONSTRAINTS))?
        && signs_handshakes_alone(find(extensions, KEY_USAGE))?
        && serves_and_calls(find(extensions, EXTENDED_KEY_USAGE))?
        && (!no_subject || san_is_critical))
}

/// 4.1: "the `cA` field MUST be set to `false`"; it is where it is left out.
fn is_authority(extension: Option<&Extension<'_>>) -> Result<bool, String> {
    let Some(extension) = extension else {
        return Ok(false);
    };
    let parts = extension.value.children(SEQUENCE)?;
    Ok(parts
        .first()
        .is_some_and(|first| first.tag == BOOLEAN && first.content != [0]))
}

/// 4.3: key usage is set and critical; digitalSignature is in it, keyCertSign and cRLSign are not.
fn signs_handshakes_alone(extension: Option<&Extension<'_>>) -> Result<bool, String> {
    let Some(extension) = extension else {
        return Ok(false);
    };
    let usages = match extension.value.of(BIT_STRING)? {
        [_, usages, ..] => *usages,
        _ => 0,
    };
    Ok(extension.critical && usages & (DIGITAL_SIGNATURE | KEY_CERT_SIGN | CRL_SIGN) == DIGITAL_SIGNATURE)
}

/// 4.4: "When included, fields `id-kp-serverAuth` and `id-kp-clientAuth` MUST be set".
fn serves_and_calls(extension: Option<&Extension<'_>>) -> Result<bool, String> {
    let Some(extension) = extension else {
        return Ok(true);
    };
    let purposes: Vec<&[u8]> = elements(extension.value.of(SEQUENCE)?)?
        .into_iter()
        .map(|purpose| purpose.of(OBJECT_IDENTIFIER))
        .collect::<Result<_, _>>()?;
    Ok([SERVER_AUTH, CLIENT_AUTH]
        .iter()
        .all(|purpose| purposes.contains(purpose)))
}
