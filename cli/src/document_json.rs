//! A document as JSON text, with everything in it that other writers drop: fields that stand twice, and numbers as written.

use spiffe_authz_policy::Document;

/// Compact JSON, fields in their order.
pub(crate) fn to_json(document: &Document) -> String {
    let mut text = String::new();
    write(document, &mut text);
    text
}

fn write(document: &Document, text: &mut String) {
    match document {
        Document::Null => text.push_str("null"),
        Document::Bool(true) => text.push_str("true"),
        Document::Bool(false) => text.push_str("false"),
        Document::Number(number) => text.push_str(number),
        Document::String(string) => write_string(string, text),
        Document::List(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                separate(index, text);
                write(item, text);
            }
            text.push(']');
        }
        Document::Map(entries) => {
            text.push('{');
            for (index, (name, value)) in entries.iter().enumerate() {
                separate(index, text);
                write_string(name, text);
                text.push(':');
                write(value, text);
            }
            text.push('}');
        }
    }
}

fn separate(index: usize, text: &mut String) {
    if index > 0 {
        text.push(',');
    }
}

fn write_string(string: &str, text: &mut String) {
    text.push_str(&serde_json::Value::from(string).to_string());
}

#[cfg(test)]
mod tests {
    use spiffe_authz_policy::Limits;

    use super::*;

    #[test]
    fn nothing_of_a_document_is_lost() {
        let json = r#"{"b":[1,1.5,-2000],"a":{"x":"\"\u0001é","x":null},"":[true,false,{}]}"#;
        let document = Document::from_json(json.as_bytes(), Limits::default()).unwrap();
        assert_eq!(to_json(&document), json);
    }
}
