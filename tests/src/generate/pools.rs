//! Literals, few and alike, so that they meet.

pub(super) const TRUST_DOMAINS: [&str; 6] = [
    "cluster.local",
    "new.example",
    "old.example",
    "partner.example",
    "my-td",
    "her-td",
];

pub(super) const NAMESPACES: [&str; 8] = [
    "shop",
    "shop-prod",
    "billing",
    "team-a",
    "a.b",
    "aXb",
    "istio-system",
    "prod-sa",
];

pub(super) const SERVICE_ACCOUNTS: [&str; 6] = ["orders", "orders-x", "order", "frontend", "sa", "a.b"];

pub(super) const NAMESPACE_VALUES: [&str; 12] = [
    "shop",
    "shop*",
    "*prod",
    "*",
    "a.b",
    "a*b",
    "team-*",
    "billing",
    "*sa",
    "istio-system",
    "*o*",
    "sh*op",
];

pub(super) const TRUST_DOMAIN_VALUES: [&str; 9] = [
    "cluster.local",
    "new.example",
    "old.example",
    "partner.example",
    "*",
    "*.example",
    "new.*",
    "cluster*",
    "my-td",
];

pub(super) const ISSUERS: [&str; 4] = ["https://issuer", "https://issuer/a", "issuer", "https:/"];
pub(super) const SUBJECTS: [&str; 6] = ["alice", "alice-2", "xalice", "bob", "*", ""];

pub(super) const REQUEST_PRINCIPALS: [&str; 18] = [
    "*",
    "*/alice",
    "*issuer/alice",
    "*/*",
    "*alice",
    "*2",
    "https://issuer/*",
    "https://issuer/al*",
    "https://iss*",
    "https://issuer/alice",
    "https://issuer/a/alice-2",
    "issuer",
    "https://*",
    "issuer/bob",
    "issuer/*",
    "*/a/*",
    "iss*",
    "*ssuer/*",
];

pub(super) const ADDRESSES: [&str; 8] = [
    "10.0.0.7",
    "10.0.0.8",
    "10.0.1.7",
    "203.0.113.9",
    "127.0.0.1",
    "2001:db8::1",
    "2001:db9::1",
    "::ffff:10.0.0.7",
];

pub(super) const LOOPBACK: [&str; 4] = ["127.0.0.1", "127.0.0.7", "127.0.1.7", "127.9.0.1"];

pub(super) const BLOCKS: [&str; 14] = [
    "10.0.0.7",
    "10.0.0.0/24",
    "10.0.0.9/29",
    "10.0.0.8/32",
    "0.0.0.0/0",
    "::/0",
    "2001:db8::/32",
    "2001:db8::1",
    "203.0.113.0/25",
    "127.0.0.0/8",
    "127.0.0.7",
    "127.0.1.0/23",
    "10.0.0.0/15",
    "2001:db8::ffff/112",
];

pub(super) const PORTS: [u16; 9] = [0, 80, 8080, 8081, 9000, 9050, 9099, 9100, 65535];
pub(super) const PORT_VALUES: [&str; 5] = ["80", "8080", "8081", "9050", "0"];
pub(super) const PORT_RANGES: [&str; 5] = ["9000-9099", "8080-8080", "0-65535", "81-8080", "65535-65535"];

pub(super) const METHODS: [&str; 6] = ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"];
pub(super) const METHOD_VALUES: [&str; 10] =
    ["GET", "POST", "PUT", "*", "P*", "*T", "get", "HEAD", "G*T", "*E*"];

pub(super) const HOSTS: [&str; 8] = [
    "orders.shop",
    "Orders.Shop",
    "api.orders.shop",
    "orders.shop:8080",
    "orders-a.shop",
    "10.0.0.8",
    "[2001:db8::1]:8080",
    "payments.shop",
];

pub(super) const HOST_VALUES: [&str; 13] = [
    "orders.shop",
    "ORDERS.shop",
    "*.shop",
    "orders.*",
    "*",
    "orders.shop:8080",
    "orders.shop:*",
    "payments.shop.",
    "[2001:db8::1]",
    "10.0.0.*",
    "*shop",
    "orders*",
    "*.shop:8080",
];

pub(super) const PATHS: [&str; 14] = [
    "/",
    "/orders",
    "/orders/",
    "/orders/1",
    "/Orders/1",
    "/orders/1/lines",
    "/admin",
    "/admin/x.txt",
    "/store/cart",
    "/store/foo/cart",
    "/foo/buzz/bar/bat.txt",
    "/orders/1?debug=1",
    "/tenants/shop/x",
    "/shop",
];

pub(super) const PATH_CLASSES: [&str; 14] = [
    "repeated-slashes",
    "dot-segments",
    "encoded-slashes",
    "backslashes",
    "encoded-backslashes",
    "path-parameters",
    "encoded-controls",
    "non-ascii",
    "unescaped-characters",
    "invalid-escapes",
    "double-escapes",
    "needless-escapes",
    "lower-case-escapes",
    "invalid-utf8",
];

/// Parts that make a path one that can be read in more than one way, and some that do not.
pub(super) const AMBIGUOUS: [&str; 40] = [
    "//", "/./", "/../", "/..", "/.", "/%2e%2E/", "/.%2e", "/..;x/", "/.;", "%2F", "/%2f", "..%2F", "\\",
    "/\\", "%5C", "%5c..", ";", "/;a=b/", "%00", "%7F", "%0d", " ", "\u{7f}", "é", "|", "{x}", "%", "%4",
    "%zz", "%25", "%252f", "%25%32f", "/%41", "%7e", "%c3%a9", "%C3%A9", "%FF", "%C0%AF", "%20", "/...",
];

pub(super) const PATH_VALUES: [&str; 17] = [
    "/",
    "/orders",
    "/orders/*",
    "/orders*",
    "/orders/1",
    "/Orders/*",
    "*.txt",
    "*",
    "/admin",
    "/admin/*",
    "*/lines",
    "*d*",
    "/a*n",
    "/orders/1/lines",
    "*/",
    "/*",
    "*1",
];

pub(super) const TEMPLATES: [&str; 11] = [
    "/orders/{*}",
    "/orders/{**}",
    "/{*}/lines",
    "/{**}/cart",
    "/foo/{*}/bar/{**}",
    "/store/{**}/cart",
    "/{**}",
    "/{*}/{*}",
    "/allow/admin/{**}",
    "/{*}/1/{**}/lines",
    "/a.b/{*}",
];

pub(super) const BOUND_TEMPLATES: [&str; 9] = [
    "/tenants/{a}/{**}",
    "/{a}",
    "/{**}/{a}",
    "/{*}/{a}",
    "/{a}/x/{b}",
    "/orders/{**}/{b}/lines",
    "/{a}/{b}",
    "/{b}",
    "/tenants/{a}/x/{a}",
];

pub(super) const HEADER_NAMES: [&str; 4] = ["x-role", "X-Team", "x-id", "accept"];
pub(super) const PSEUDO_HEADERS: [&str; 4] = [":path", ":method", ":authority", "host"];
pub(super) const HEADER_TEXTS: [&str; 8] = ["user", "admin", "adm", "shop", "", "a b", "User", "42"];
pub(super) const HEADER_VALUES: [&str; 10] = [
    "user", "admin", "adm*", "*min", "*", "*er", "shop", "a b", "4*2", "*m*",
];

pub(super) const QUERY_NAMES: [&str; 3] = ["debug", "id", "a b"];
pub(super) const QUERY_TEXTS: [&str; 9] = ["1", "true", "admin", "a+b", "%61dmin", "", "a%20b", "%4", "a;b"];
pub(super) const QUERY_VALUES: [&str; 7] = ["1", "*", "tr*", "*min", "a b", "admin", "*b"];

pub(super) const SNI_VALUES: [&str; 5] = ["orders.shop", "*.shop", "orders*", "*", "payments.shop"];
pub(super) const SNIS: [&str; 4] = ["orders.shop", "payments.shop", "ORDERS.shop", ""];

pub(super) const CLAIM_PATHS: [&str; 8] = [
    "[groups]",
    "[level]",
    "[email_verified]",
    "[org][team]",
    "[org][a][b]",
    "[scope]",
    "[permission]",
    "[role]",
];
pub(super) const CLAIM_TEXTS: [&str; 8] = ["admins", "users", "a", "shop", "3", "admins users", "true", ""];
pub(super) const CLAIM_VALUES: [&str; 8] = ["admins", "a*", "*s", "*", "3", "users", "shop", "*min*"];

pub(super) const METADATA_KEYS: [(&str, &str); 3] = [
    ("envoy.filters.http.foo", "key"),
    ("envoy.filters.http.foo", "a[b]"),
    ("envoy.filters.bar", "key"),
];
pub(super) const METADATA_VALUES: [&str; 8] =
    ["value", "val*", "*ue", "*", "[value]", "[val*]", "[*]", "[*ue]"];

pub(super) const TIMES: [&str; 4] = [
    "2026-01-01T00:00:00Z",
    "2025-12-31T23:59:59Z",
    "2026-01-01T01:00:01+01:00",
    "2026-06-01T00:00:00Z",
];

pub(super) const DENIED_IDS: [&str; 7] = [
    "spiffe://cluster.local/ns/shop/sa/orders",
    "spiffe://cluster.local/ns/shop/sa/evil",
    "spiffe://cluster.local/ns/shop/sa/order*",
    "spiffe://cluster.local/ns/billing/*",
    "spiffe://partner.example/*",
    "*/sa/a.b",
    "*frontend",
];
pub(super) const DENIED_SERIALS: [&str; 3] = ["0a1b2c", "00:0D", "ff"];
pub(super) const SERIALS: [&str; 5] = ["0a1b2c", "00:0A:1B:2C", "0d", "00", "1b2c"];
/// The second is that of `certificates/svid.pem`.
pub(super) const DENIED_DIGESTS: [&str; 2] = [
    "ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab",
    "6ce8cb09a6df4c32fc46a74ebf1bcaaee2c5b7882b0f49510f33fadb06cd95b2",
];
pub(super) const DIGESTS: [&str; 2] = [
    "ABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABAB",
    "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
];

/// What they are is written beside them.
pub(super) const CERTIFICATES: [&str; 8] = [
    include_str!("certificates/svid.pem"),
    include_str!("certificates/one-hour.pem"),
    include_str!("certificates/evil.pem"),
    include_str!("certificates/two-uri-sans.pem"),
    include_str!("certificates/no-san.pem"),
    include_str!("certificates/bare-trust-domain.pem"),
    include_str!("certificates/authority.pem"),
    include_str!("certificates/client-only.pem"),
];
