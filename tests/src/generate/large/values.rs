//! Values with numbers in them: so many different ones as the scale says, nested and colliding.

use crate::generate::dice::Dice;
use crate::generate::pools::{METHOD_VALUES, PORT_RANGES, PORT_VALUES, TRUST_DOMAIN_VALUES, TRUST_DOMAINS};

use super::scale::Scale;

impl Scale {
    /// The text itself, or what it begins or ends with.
    fn formed(&self, dice: &mut Dice, text: &str) -> String {
        if self.is_broad(dice) {
            return "*".to_owned();
        }
        let cut = text.len() - text.len().div_ceil(2).min(1 + dice.below(4));
        match dice.weighted(&[14, 3, 3]) {
            0 => text.to_owned(),
            1 => format!("{}*", &text[..cut]),
            _ => format!("*{}", &text[text.len() - cut..]),
        }
    }

    fn named(&self, dice: &mut Dice, name: &str) -> String {
        format!("{name}{}", self.number(dice))
    }

    pub(super) fn text(&self, dice: &mut Dice, name: &str) -> String {
        let text = self.named(dice, name);
        self.formed(dice, &text)
    }

    pub(super) fn namespace(&self, dice: &mut Dice) -> String {
        let end = ["", "", "-prod", ".x"][dice.below(4)];
        format!("n{}{end}", self.number(dice))
    }

    fn account(&self, dice: &mut Dice) -> String {
        format!(
            "s{}",
            if dice.chance(50) {
                self.few(dice)
            } else {
                self.number(dice)
            }
        )
    }

    pub(super) fn principal(&self, dice: &mut Dice) -> String {
        if self.is_broad(dice) {
            return ["*", "cluster.local/*", "*/sa/s1"][dice.below(3)].to_owned();
        }
        let td = dice.text(&TRUST_DOMAINS[..3]);
        let (ns, sa) = (self.namespace(dice), self.account(dice));
        match dice.weighted(&[30, 4, 3, 4, 3, 3, 2]) {
            0 => format!("{td}/ns/{ns}/sa/{sa}"),
            1 => format!("{td}/ns/{ns}/*"),
            2 => format!("{td}/ns/{ns}*"),
            3 => format!("*/ns/{ns}/sa/{sa}"),
            4 => format!("spiffe://{td}/ns/{ns}/sa/{sa}"),
            5 => format!("{td}/ns/{ns}/sa/s*"),
            _ => format!("*{}/sa/{sa}", &ns[1..]),
        }
    }

    /// A value of a field of sources, or of the condition that compares the same.
    pub(super) fn of_source(&self, dice: &mut Dice, field: &str) -> String {
        match field {
            "principals" => self.principal(dice),
            "serviceAccounts" => self.service_account(dice),
            "namespaces" => self.namespace_value(dice),
            "trustDomains" => self.trust_domain(dice),
            "requestPrincipals" => self.request_principal(dice),
            _ => self.block(dice),
        }
    }

    fn service_account(&self, dice: &mut Dice) -> String {
        let (ns, sa) = (self.namespace(dice), self.account(dice));
        if self.is_broad(dice) {
            sa
        } else {
            format!("{ns}/{sa}")
        }
    }

    fn namespace_value(&self, dice: &mut Dice) -> String {
        let ns = self.namespace(dice);
        match dice.weighted(&[10, 2, 2, 1]) {
            0 => ns,
            1 => format!("{ns}*"),
            2 => format!("*{}", &ns[1..]),
            _ => format!("{}*{}", &ns[..1], &ns[1..]),
        }
    }

    fn trust_domain(&self, dice: &mut Dice) -> String {
        if self.is_broad(dice) {
            return dice.text(&TRUST_DOMAIN_VALUES).to_owned();
        }
        let td = self.named(dice, "td");
        match dice.below(3) {
            0 => td,
            1 => format!("{td}.example"),
            _ => self.formed(dice, &format!("{td}.example")),
        }
    }

    fn request_principal(&self, dice: &mut Dice) -> String {
        let (iss, sub) = (format!("https://iss{}", self.few(dice)), self.named(dice, "u"));
        if self.is_broad(dice) {
            return ["*", "*/*", "https://*"][dice.below(3)].to_owned();
        }
        match dice.weighted(&[8, 1, 2, 2, 2, 1]) {
            0 => format!("{iss}/{sub}"),
            1 => format!("{iss}/*"),
            2 => format!("{iss}/{sub}*"),
            3 => format!("*/{sub}"),
            4 => format!("*{}/{sub}", &iss[9..]),
            _ => format!("*{sub}"),
        }
    }

    /// Blocks in blocks; what lies behind the mask is not zero.
    pub(super) fn block(&self, dice: &mut Dice) -> String {
        if self.is_broad(dice) {
            return ["0.0.0.0/0", "::/0"][dice.below(2)].to_owned();
        }
        let number = self.number(dice);
        let (high, low) = (number / 256, number % 256);
        if dice.one_in(4) {
            let length = *dice.pick(&[32, 48, 56, 63, 64, 65, 112, 127, 128]);
            return format!("2001:db8:{high:x}:{low:x}::{:x}/{length}", self.few(dice));
        }
        let address = match dice.below(3) {
            0 => format!("10.{high}.{low}.{}", self.few(dice)),
            1 => format!("10.{low}.{high}.7"),
            _ => format!("{low}.{high}.0.1"),
        };
        match dice.weighted(&[4, 8]) {
            0 => address,
            _ => format!(
                "{address}/{}",
                dice.pick(&[8, 12, 15, 16, 20, 23, 24, 24, 25, 28, 31, 32])
            ),
        }
    }

    pub(super) fn host(&self, dice: &mut Dice) -> String {
        if self.is_broad(dice) {
            return ["*", "*.example", "h*"][dice.below(3)].to_owned();
        }
        let host = format!("h{}.shop{}.example", self.number(dice), self.few(dice));
        match dice.weighted(&[10, 2, 2, 2, 1, 1, 1]) {
            0 => host,
            1 => format!("*.{host}"),
            2 => format!("h{}*", self.number(dice)),
            3 => format!("*{}", &host[1..]),
            4 => host.to_uppercase(),
            5 => format!("{host}:8080"),
            _ => format!("{host}:*"),
        }
    }

    pub(super) fn method(&self, dice: &mut Dice) -> String {
        if dice.chance(60) {
            return dice.text(&METHOD_VALUES).to_owned();
        }
        self.text(dice, "M")
    }

    pub(super) fn port(&self, dice: &mut Dice) -> String {
        match dice.weighted(&[8, 2, 1, 1]) {
            0 => (8000 + self.number(dice)).to_string(),
            1 => {
                let first = 8000 + self.number(dice);
                format!("{first}-{}", first + dice.below(20))
            }
            2 => dice.text(&PORT_VALUES).to_owned(),
            _ if self.is_broad(dice) => dice.text(&PORT_RANGES).to_owned(),
            _ => "9050".to_owned(),
        }
    }

    /// Two or three segments, so that some lie under others.
    fn plain_path(&self, dice: &mut Dice) -> String {
        let (a, b) = (self.number(dice), self.few(dice));
        match dice.below(3) {
            0 => format!("/a{a}"),
            1 => format!("/a{a}/b{b}"),
            _ => format!("/a{a}/b{b}/c{}", self.number(dice)),
        }
    }

    pub(super) fn path(&self, dice: &mut Dice) -> String {
        if self.is_broad(dice) {
            return ["*", "/*", "/a*", "/{**}", "/{*}/{*}"][dice.below(5)].to_owned();
        }
        let path = self.plain_path(dice);
        match dice.weighted(&[10, 4, 2, 2, 2, 6]) {
            0 => path,
            1 => format!("{path}/*"),
            2 => format!("{path}*"),
            3 => format!("*/c{}", self.number(dice)),
            4 => self.formed(dice, &path),
            _ => self.template(dice),
        }
    }

    fn template(&self, dice: &mut Dice) -> String {
        let (a, b, c) = (self.number(dice), self.few(dice), self.number(dice));
        match dice.below(7) {
            0 => format!("/a{a}/{{*}}"),
            1 => format!("/a{a}/{{*}}/c{c}"),
            2 => format!("/a{a}/b{b}/{{**}}"),
            3 => format!("/{{*}}/b{b}/c{c}"),
            4 => format!("/{{**}}/c{c}"),
            5 => format!("/{{*}}/c{c}/{{**}}"),
            _ => format!("/a{a}/{{**}}/c{c}"),
        }
    }

    /// Templates with names in them, each of which is to be bound.
    pub(super) fn bound_path(&self, dice: &mut Dice) -> String {
        let a = self.number(dice);
        match dice.below(5) {
            0 => format!("/a{a}/{{a}}"),
            1 => format!("/{{a}}/c{a}/{{**}}"),
            2 => format!("/a{a}/{{a}}/{{b}}"),
            3 => format!("/{{**}}/{{b}}/c{a}"),
            _ => format!("/a{a}/{{**}}"),
        }
    }

    pub(super) fn path_regex(&self, dice: &mut Dice) -> String {
        if self.is_broad(dice) {
            return [".*", "/.*", "(/[a-z]+)*"][dice.below(3)].to_owned();
        }
        let (a, c) = (self.number(dice), self.number(dice));
        match dice.below(9) {
            0 => format!("/a{a}/[0-9]+"),
            1 => format!("/a{a}(/b[0-9]+)?"),
            2 => format!(".*/c{c}"),
            3 => format!("(?i)/A{a}/.*"),
            4 => format!("/(a{a}|b{c})/[a-z]+"),
            5 => format!("/a{a}|/b{c}|/a{a}/b[0-9]+"),
            6 => format!("/a{{1,2}}{a}/.*"),
            7 => format!("/[ab]{a}"),
            _ => format!("/a{a}[0-9]*/b(1|2)/.*"),
        }
    }

    pub(super) fn host_regex(&self, dice: &mut Dice) -> String {
        if self.is_broad(dice) {
            return [".*", "[a-z0-9.]+"][dice.below(2)].to_owned();
        }
        let number = self.number(dice);
        match dice.below(4) {
            0 => format!("h{number}\\.shop[0-9]+\\.example"),
            1 => format!("h[0-9]+\\.shop{number}\\.example(:8080)?"),
            2 => format!("(h|H){number}\\..*"),
            _ => format!("[a-z]+{number}\\.shop0\\.example"),
        }
    }

    pub(super) fn text_regex(&self, dice: &mut Dice, name: &str) -> String {
        if self.is_broad(dice) {
            return ".*".to_owned();
        }
        let number = self.number(dice);
        match dice.below(5) {
            0 => format!("{name}{number}[0-9]*"),
            1 => format!("{name}{number}|x{number}"),
            2 => format!("(?i){}{number}", name.to_uppercase()),
            3 => format!(".*{name}{number}"),
            _ => format!("[a-z]{number}"),
        }
    }
}
