//! [`Template`]: a value of `paths` with `{*}`, `{**}` (S-9), or the name of a bound attribute (E-6).

use crate::profile::Profile;
use crate::truth::Truth;

const ONE: &str = "{*}";
const ANY: &str = "{**}";

/// A pattern over a whole path without query and fragment.
///
/// There is one `{**}` at most, and nothing else spans a slash: head and tail are compared segment by segment, each
/// byte of the path once.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    profile: Profile,
    ignore_case: bool,
    /// The segments before `{**}`, or all of them.
    head: Vec<Segment>,
    rest: Rest,
}

/// What follows the head.
#[derive(Clone, Debug)]
enum Rest {
    /// The path ends with the head.
    End,
    /// `{**}`, then these segments.
    Any(Vec<Segment>),
}

/// What stands between two slashes.
#[derive(Clone, Debug)]
enum Segment {
    /// This text. An empty one, which only ends a template, stands for the trailing slash.
    Literal(Box<str>),
    /// `{*}`.
    One,
    /// `{NAME}`: what the bound attribute says.
    Bound(Box<str>),
}

/// Why a value is no path template. Each reads on after "`/a/{*}` is not".
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum TemplateError {
    /// Envoy takes no pattern that does not begin with a slash.
    #[error("a path template: it must begin with `/`")]
    NoLeadingSlash,
    /// Two slashes with nothing between them.
    #[error("a path template: it has an empty segment")]
    EmptySegment,
    /// An operator after `{**}`.
    #[error("a path template: `{{**}}` must be its last operator")]
    AnyIsNotLast,
    /// Neither an operator nor a literal.
    #[error(
        "a path template: the segment `{0}` is neither `{{*}}` nor `{{**}}`, nor is it made of letters, digits \
         and `-._~%!$&'()+,;:@=`"
    )]
    Segment(String),
    /// A name that is bound to nothing.
    #[error("a path template: the name `{0}` is not in `bindings`")]
    UnboundName(String),
}

/// Whether a value of `paths` is a template in Istio: one with an operator in it.
pub(crate) fn is_template(value: &str) -> bool {
    value.contains(ONE) || value.contains(ANY)
}

impl Template {
    /// Reads a value whose names are among `bindings`. `ignore_case` is about literals alone (E-4).
    pub(crate) fn parse(
        profile: Profile,
        value: &str,
        ignore_case: bool,
        bindings: &[&str],
    ) -> Result<Self, TemplateError> {
        let value = value.strip_prefix('/').ok_or(TemplateError::NoLeadingSlash)?;
        let (mut head, mut rest) = (Vec::new(), Rest::End);
        let mut pieces = value.split('/').peekable();
        while let Some(piece) = pieces.next() {
            match (&mut rest, piece) {
                (Rest::End, ANY) => rest = Rest::Any(Vec::new()),
                (Rest::Any(_), ONE | ANY) => return Err(TemplateError::AnyIsNotLast),
                // A trailing slash.
                (Rest::End, "") if pieces.peek().is_none() => head.push(Segment::Literal("".into())),
                (Rest::Any(tail), "") if pieces.peek().is_none() => tail.push(Segment::Literal("".into())),
                (Rest::End, _) => head.push(Segment::parse(piece, bindings)?),
                (Rest::Any(tail), _) => tail.push(Segment::parse(piece, bindings)?),
            }
        }
        Ok(Self {
            profile,
            ignore_case,
            head,
            rest,
        })
    }

    /// Tests a path without query and fragment. `bound` says whether a segment equals the attribute that is bound to
    /// a name.
    pub(crate) fn judge(&self, path: &[u8], bound: &dyn Fn(&str, &[u8]) -> Truth) -> Truth {
        let Some(path) = path.strip_prefix(b"/") else {
            return Truth::False;
        };
        let (head, tail) = self.head_and_tail();
        let pieces = path.split(|byte| *byte == b'/');
        let between = pieces.clone().count().checked_sub(head.len());
        let Some(between) = between.and_then(|count| count.checked_sub(tail.len())) else {
            return Truth::False;
        };
        let after_head = || pieces.clone().skip(head.len());
        if !self.spans(after_head().take(between)) {
            return Truth::False;
        }
        let head = head.iter().zip(pieces.clone());
        let tail = tail.iter().zip(after_head().skip(between));
        Truth::all(
            head.chain(tail)
                .map(|(segment, piece)| self.judge_segment(segment, piece, bound)),
        )
    }

    pub(crate) fn ignores_case(&self) -> bool {
        self.ignore_case
    }

    /// What every path begins with that it matches.
    pub(crate) fn literal_head(&self) -> String {
        let mut text = String::from("/");
        let (head, _) = self.head_and_tail();
        for (index, segment) in head.iter().enumerate() {
            let Segment::Literal(literal) = segment else { break };
            text.push_str(literal);
            let is_last = matches!(self.rest, Rest::End) && head.len() == index.saturating_add(1);
            if !is_last {
                text.push('/');
            }
        }
        text
    }

    /// The literal segments of every path that it matches, with their places from the front.
    pub(crate) fn literals_from_front(&self) -> impl Iterator<Item = (usize, &str)> {
        let (head, _) = self.head_and_tail();
        literals(head.iter())
    }

    /// The same behind `{**}`, with their places from the back.
    pub(crate) fn literals_from_back(&self) -> impl Iterator<Item = (usize, &str)> {
        let (_, tail) = self.head_and_tail();
        literals(tail.iter().rev())
    }

    fn head_and_tail(&self) -> (&[Segment], &[Segment]) {
        match &self.rest {
            Rest::End => (&self.head, &[]),
            Rest::Any(tail) => (&self.head, tail),
        }
    }

    /// Whether `{**}` matches these pieces, or there are none where there is no `{**}`. It stands between two slashes:
    /// the empty run is one empty piece.
    fn spans<'p>(&self, mut pieces: impl Iterator<Item = &'p [u8]>) -> bool {
        match self.rest {
            Rest::End => pieces.next().is_none(),
            Rest::Any(_) => pieces
                .next()
                .is_some_and(|first| self.takes(first) && pieces.all(|piece| self.takes(piece))),
        }
    }

    fn judge_segment(&self, segment: &Segment, piece: &[u8], bound: &dyn Fn(&str, &[u8]) -> Truth) -> Truth {
        let is_one = || !piece.is_empty() && self.takes(piece);
        match segment {
            Segment::Literal(text) if self.ignore_case => piece.eq_ignore_ascii_case(text.as_bytes()).into(),
            Segment::Literal(text) => (piece == text.as_bytes()).into(),
            Segment::One => is_one().into(),
            Segment::Bound(_) if piece.is_empty() => Truth::False,
            Segment::Bound(name) => match bound(name, piece) {
                known @ (Truth::True | Truth::False) => known,
                // E-6: unknown only where `{*}` would match.
                Truth::Unknown => Truth::from(is_one()).and(Truth::Unknown),
            },
        }
    }

    /// Whether an operator runs over all these bytes, none of which is a slash.
    fn takes(&self, piece: &[u8]) -> bool {
        match self.profile {
            Profile::Istio => piece.iter().copied().all(is_matched_in_istio),
            Profile::ZeroTrust => true,
        }
    }
}

impl Segment {
    /// Reads `{*}`, `{NAME}` or a literal.
    fn parse(piece: &str, bindings: &[&str]) -> Result<Self, TemplateError> {
        if piece == ONE {
            return Ok(Self::One);
        }
        if let Some(name) = name_in(piece) {
            return match bindings.contains(&name) {
                true => Ok(Self::Bound(name.into())),
                false => Err(TemplateError::UnboundName(name.to_owned())),
            };
        }
        if piece.is_empty() {
            return Err(TemplateError::EmptySegment);
        }
        if !piece.bytes().all(is_literal) {
            return Err(TemplateError::Segment(piece.to_owned()));
        }
        Ok(Self::Literal(piece.into()))
    }
}

/// The segments that are literal, with their places. An empty one says nothing.
fn literals<'s>(segments: impl Iterator<Item = &'s Segment>) -> impl Iterator<Item = (usize, &'s str)> {
    segments.enumerate().filter_map(|(place, segment)| match segment {
        Segment::Literal(text) if !text.is_empty() => Some((place, &**text)),
        Segment::Literal(_) | Segment::One | Segment::Bound(_) => None,
    })
}

/// The name in `{NAME}`: letters and digits, a letter first.
fn name_in(piece: &str) -> Option<&str> {
    let name = piece.strip_prefix('{')?.strip_suffix('}')?;
    let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_name.then_some(name)
}

/// What the operators match in profile istio: the set L of S-9, and the star, which Envoy 1.40 has in it.
fn is_matched_in_istio(byte: u8) -> bool {
    is_literal(byte) || byte == b'*'
}

/// The set L of S-9: what a literal may hold.
fn is_literal(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~%!$&'()+,;:@=".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const PROFILES: [Profile; 2] = [Profile::ZeroTrust, Profile::Istio];
    const BINDINGS: [&str; 2] = ["tenant", "b2"];

    fn parse(value: &str) -> Result<Template, TemplateError> {
        Template::parse(Profile::Istio, value, false, &BINDINGS)
    }

    /// No attribute equals anything.
    fn none(_: &str, _: &[u8]) -> Truth {
        Truth::False
    }

    fn matches(profile: Profile, value: &str, path: &str) -> bool {
        let template = Template::parse(profile, value, false, &[]).unwrap();
        template.judge(path.as_bytes(), &none) == Truth::True
    }

    fn check(profile: Profile, value: &str, yes: &[&str], no: &[&str]) {
        for path in yes {
            assert!(
                matches(profile, value, path),
                "{profile:?}: `{value}` must match `{path}`"
            );
        }
        for path in no {
            assert!(
                !matches(profile, value, path),
                "{profile:?}: `{value}` must not match `{path}`"
            );
        }
    }

    #[test]
    fn istios_own_vectors_hold() {
        let values = ["/allow/admin/{**}", "/foo/{*}/bar/{**}", "/store/{**}/cart"];
        let yes = [
            "/allow/admin/",
            "/allow/admin/temp",
            "/allow/admin/temp.txt",
            "/allow/admin/foo/temp.txt",
            "/foo/buzz/bar/bat.txt",
            "/foo/buzz/bar/bat.temp.txt",
            "/foo/buzz/bar/bat/fuzz.txt",
            "/foo/buzz/bar/bat",
            "/store//cart",
            "/store/foo/cart",
            "/store/foo/bar/cart",
        ];
        // Of `/allow/admin?param=value` the path is `/allow/admin`.
        let no = [
            "/allow/admin",
            "/allow/user/",
            "/allow",
            "/foo/bar/bat.txt",
            "/foo//bar/bat.txt",
            "/store/cart",
        ];
        for profile in PROFILES {
            let any = |path: &&str| values.iter().any(|value| matches(profile, value, path));
            assert!(yes.iter().all(any), "{profile:?}");
            assert!(!no.iter().any(any), "{profile:?}");
        }
    }

    #[test]
    fn operators_stand_for_a_segment_or_for_any_path() {
        for profile in PROFILES {
            check(
                profile,
                "/{*}",
                &["/a", "/a.b"],
                &["", "/", "a", "//", "/a/", "/a/b"],
            );
            check(profile, "/{*}/", &["/a/"], &["/a", "/a//", "//", "/"]);
            check(
                profile,
                "/{*}/{*}",
                &["/a/b"],
                &["/a", "/a/", "//b", "/a/b/", "/a/b/c"],
            );
            check(profile, "/{**}", &["/", "/a", "//", "/a/b/"], &["", "a"]);
            check(profile, "/{**}/", &["//", "/a/", "/a/b/"], &["/", "/a"]);
            check(
                profile,
                "/{**}/x",
                &["//x", "/a/x", "/x/x", "/a/b/x"],
                &["/x", "x", "/a/x/", "/ax"],
            );
            check(
                profile,
                "/foo/{**}/",
                &["/foo//", "/foo/bar/"],
                &["/foo/", "/foo/bar/baz.txt"],
            );
            check(
                profile,
                "/a/{**}/b/c",
                &["/a//b/c", "/a/b/c/b/c", "/a/x/y/b/c"],
                &["/a/b/c", "/a/x/b/c/", "/a/x/b/d", "/a/x/c"],
            );
            check(profile, "/a/{*}/{**}", &["/a/b/", "/a/b/c"], &["/a/b", "/a//c"]);
        }
    }

    #[test]
    fn literals_are_literal() {
        for profile in PROFILES {
            check(profile, "/a.b/{*}", &["/a.b/x"], &["/aXb/x", "/A.b/x"]);
            check(
                profile,
                "/$(x)+/{*}",
                &["/$(x)+/y"],
                &["/x/y", "/$(x)/y", "/$(x)++/y"],
            );
            check(profile, "/%2F/{*}", &["/%2F/x"], &["/%2f/x", "///x"]);
        }
    }

    #[test]
    fn in_istio_the_operators_match_the_bytes_of_its_set_alone() {
        for byte in 0..=u8::MAX {
            let in_set = byte.is_ascii_alphanumeric() || b"-._~%!$&'()+,;:@=*".contains(&byte);
            for (value, path, slash) in [("/{*}", [b'/', byte], false), ("/{**}", [b'/', byte], true)] {
                let judge = |profile| {
                    Template::parse(profile, value, false, &[])
                        .unwrap()
                        .judge(&path, &none)
                };
                let is_slash = byte == b'/';
                assert_eq!(
                    judge(Profile::Istio),
                    (in_set || (slash && is_slash)).into(),
                    "{value} {byte:#x}"
                );
                assert_eq!(
                    judge(Profile::ZeroTrust),
                    (slash || !is_slash).into(),
                    "{value} {byte:#x}"
                );
            }
        }
    }

    #[test]
    fn a_byte_outside_the_set_evades_the_whole_run() {
        for path in ["/a/x y", "/a/x/|/y", "/a/b\"/c", "/a/é", "/a/{x}"] {
            assert!(!matches(Profile::Istio, "/a/{**}", path), "{path}");
            assert!(matches(Profile::ZeroTrust, "/a/{**}", path), "{path}");
        }
    }

    #[test]
    fn case_is_ignored_on_request_and_in_literals_alone() {
        let judge = |ignore_case, path: &[u8]| {
            let template =
                Template::parse(Profile::Istio, "/Ab/{tenant}/{**}", ignore_case, &BINDINGS).unwrap();
            template.judge(path, &|_, segment| (segment == b"shop").into())
        };
        assert_eq!(judge(true, b"/aB/shop/X"), Truth::True);
        assert_eq!(judge(true, b"/aB/Shop/X"), Truth::False);
        assert_eq!(judge(false, b"/aB/shop/X"), Truth::False);
        assert_eq!(judge(false, b"/Ab/shop/X"), Truth::True);
    }

    #[test]
    fn a_name_stands_for_the_segment_that_equals_its_attribute() {
        let bound = |name: &str, segment: &[u8]| match name {
            "tenant" => (segment == b"shop").into(),
            "b2" => (segment == "é x".as_bytes()).into(),
            other => panic!("{other}"),
        };
        for (value, path, expected) in [
            ("/t/{tenant}/{**}", "/t/shop/a/b", Truth::True),
            ("/t/{tenant}/{**}", "/t/shop/", Truth::True),
            ("/t/{tenant}/{**}", "/t/shop", Truth::False),
            ("/t/{tenant}/{**}", "/t/shopx/a", Truth::False),
            ("/t/{tenant}/{**}", "/t//a", Truth::False),
            ("/{tenant}", "/shop", Truth::True),
            ("/{**}/{tenant}", "/a/b/shop", Truth::True),
            ("/{**}/{tenant}", "//shop", Truth::True),
            ("/{**}/{tenant}", "/shop", Truth::False),
            ("/{**}/{tenant}/x", "/a/shop/x", Truth::True),
            ("/{**}/{tenant}/x", "/shop/a/x", Truth::False),
            ("/{tenant}/{tenant}", "/shop/shop", Truth::True),
            ("/{tenant}/{tenant}", "/shop/other", Truth::False),
            ("/{tenant}/{*}/{b2}", "/shop/a/é x", Truth::True),
            ("/{tenant}/", "/shop/", Truth::True),
        ] {
            assert_eq!(
                parse(value).unwrap().judge(path.as_bytes(), &bound),
                expected,
                "{value} {path}"
            );
        }
    }

    #[test]
    fn an_unknown_attribute_leaves_a_path_of_the_right_form_unknown() {
        let unknown = |_: &str, _: &[u8]| Truth::Unknown;
        for (value, path, istio, zero_trust) in [
            ("/t/{tenant}/{**}", "/t/a/b", Truth::Unknown, Truth::Unknown),
            ("/t/{tenant}/{**}", "/x/a/b", Truth::False, Truth::False),
            ("/t/{tenant}/{**}", "/t/a", Truth::False, Truth::False),
            ("/t/{tenant}/{**}", "/t//b", Truth::False, Truth::False),
            ("/t/{tenant}/{**}", "/t/é/b", Truth::False, Truth::Unknown),
            ("/{tenant}/{*}", "/a/", Truth::False, Truth::False),
            ("/{**}/{tenant}/x", "/a/b/x", Truth::Unknown, Truth::Unknown),
            ("/{**}/{tenant}/x", "/a/b/y", Truth::False, Truth::False),
        ] {
            let judge = |profile| {
                Template::parse(profile, value, false, &BINDINGS)
                    .unwrap()
                    .judge(path.as_bytes(), &unknown)
            };
            assert_eq!(judge(Profile::Istio), istio, "istio {value} {path}");
            assert_eq!(judge(Profile::ZeroTrust), zero_trust, "zero-trust {value} {path}");
        }
    }

    #[test]
    fn one_attribute_that_differs_outweighs_one_that_is_unknown() {
        let template = parse("/{tenant}/{b2}").unwrap();
        let bound = |name: &str, _: &[u8]| {
            if name == "b2" {
                Truth::False
            } else {
                Truth::Unknown
            }
        };
        assert_eq!(template.judge(b"/a/b", &bound), Truth::False);
    }

    #[test]
    fn what_envoy_or_istio_would_refuse_is_refused() {
        let segment = |text: &str| TemplateError::Segment(text.to_owned());
        for (value, error) in [
            ("", TemplateError::NoLeadingSlash),
            ("{*}", TemplateError::NoLeadingSlash),
            ("a/{*}", TemplateError::NoLeadingSlash),
            ("//{*}", TemplateError::EmptySegment),
            ("/a//{*}", TemplateError::EmptySegment),
            ("/{*}//", TemplateError::EmptySegment),
            ("/{**}//a", TemplateError::EmptySegment),
            ("/{**}/{*}", TemplateError::AnyIsNotLast),
            ("/{**}/{**}", TemplateError::AnyIsNotLast),
            ("/{**}/a/{*}", TemplateError::AnyIsNotLast),
            ("/{*}/*", segment("*")),
            ("/*/{*}", segment("*")),
            ("/{*}/a*", segment("a*")),
            ("/{*}.txt", segment("{*}.txt")),
            ("/a{*}", segment("a{*}")),
            ("/{*}{*}", segment("{*}{*}")),
            ("/{***}", segment("{***}")),
            ("/{a=*}/{*}", segment("{a=*}")),
            ("/{}/{*}", segment("{}")),
            ("/{/{*}", segment("{")),
            ("/}/{*}", segment("}")),
            ("/{*}/a b", segment("a b")),
            ("/{*}/é", segment("é")),
            ("/{*}/a?b", segment("a?b")),
            ("/{*}/a#b", segment("a#b")),
            ("/{*}/[a]", segment("[a]")),
            ("/{*}/a\\b", segment("a\\b")),
            ("/{1a}/{*}", segment("{1a}")),
            ("/{a-b}/{*}", segment("{a-b}")),
            ("/{tenant}x", segment("{tenant}x")),
            ("/{other}/{*}", TemplateError::UnboundName("other".to_owned())),
            ("/{Tenant}", TemplateError::UnboundName("Tenant".to_owned())),
        ] {
            assert_eq!(parse(value).unwrap_err(), error, "`{value}`");
        }
    }

    #[test]
    fn every_byte_of_the_set_may_stand_in_a_literal() {
        for value in ["/-._~%!$&'()+,;:@=/{*}", "/azAZ09/{**}/x", "/{*}/"] {
            assert!(parse(value).is_ok(), "`{value}`");
        }
    }

    #[test]
    fn a_value_is_a_template_by_its_operators() {
        for value in ["{*}", "/a/{**}", "/a{*}b"] {
            assert!(is_template(value), "`{value}`");
        }
        for value in ["", "/a/*", "/{a}", "/{", "/{***}", "*"] {
            assert!(!is_template(value), "`{value}`");
        }
    }

    #[test]
    fn the_reasons_read_on_after_is_not() {
        for (value, expected) in [
            ("/{**}/{*}", "a path template: `{**}` must be its last operator"),
            (
                "/{other}",
                "a path template: the name `other` is not in `bindings`",
            ),
        ] {
            assert_eq!(parse(value).unwrap_err().to_string(), expected);
        }
        assert!(
            parse("/a*")
                .unwrap_err()
                .to_string()
                .contains("`a*` is neither `{*}` nor `{**}`")
        );
    }
}
