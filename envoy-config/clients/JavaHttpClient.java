import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * A request with the JDK's HttpClient, by mutual TLS, to a server that is known by its SPIFFE ID. No library is needed.
 *
 * <pre>java JavaHttpClient.java HOST PORT CERTIFICATE KEY BUNDLE SPIFFE_ID PATH [METHOD]</pre>
 *
 * Prints the status and the body. Ends with 0, with 3 for a status from 400 on, and with 1 where nobody answered who may. Spring's
 * RestClient and WebClient take the same SSLContext: docs/clients.md.
 */
public final class JavaHttpClient {
    private static final int URI_NAME = 6;

    public static void main(String[] arguments) throws Exception {
        if (arguments.length < 7) {
            System.err.println("usage: JavaHttpClient.java HOST PORT CERTIFICATE KEY BUNDLE SPIFFE_ID PATH [METHOD]");
            System.exit(2);
        }
        SSLContext context = spiffeContext(Path.of(arguments[2]), Path.of(arguments[3]), Path.of(arguments[4]), arguments[5]);
        HttpClient client = HttpClient.newBuilder().sslContext(context).connectTimeout(Duration.ofSeconds(10)).build();
        URI uri = URI.create("https://" + arguments[0] + ":" + arguments[1] + arguments[6]);
        String method = arguments.length > 7 ? arguments[7] : "GET";
        HttpRequest request = HttpRequest.newBuilder(uri)
                .method(method, HttpRequest.BodyPublishers.noBody()).timeout(Duration.ofSeconds(10)).build();
        try {
            HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
            System.out.println(response.statusCode() + "\n" + response.body());
            System.exit(response.statusCode() < 400 ? 0 : 3);
        } catch (IOException error) {
            System.err.println("JavaHttpClient: " + error.getMessage());
            System.exit(1);
        }
    }

    /** A context that presents this SVID and accepts this SPIFFE ID alone. When the SVID was rotated, make a new one. */
    static SSLContext spiffeContext(Path certificate, Path key, Path bundle, String spiffeId)
            throws GeneralSecurityException, IOException {
        KeyStore own = emptyStore();
        own.setKeyEntry("svid", privateKey(key), new char[0], certificates(certificate).toArray(new Certificate[0]));
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(own, new char[0]);

        KeyStore authorities = emptyStore();
        int number = 0;
        for (Certificate authority : certificates(bundle)) {
            authorities.setCertificateEntry("authority-" + number++, authority);
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(authorities);
        X509ExtendedTrustManager chain = (X509ExtendedTrustManager) trust.getTrustManagers()[0];

        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), new TrustManager[] {new SpiffeTrustManager(chain, spiffeId)}, null);
        return context;
    }

    /** Verifies the chain against the trust bundle, and then the SPIFFE ID in the place of the host name. */
    private static final class SpiffeTrustManager extends X509ExtendedTrustManager {
        private final X509ExtendedTrustManager chain;
        private final String spiffeId;

        SpiffeTrustManager(X509ExtendedTrustManager chain, String spiffeId) {
            this.chain = chain;
            this.spiffeId = spiffeId;
        }

        @Override
        public void checkServerTrusted(X509Certificate[] peers, String kind) throws CertificateException {
            chain.checkServerTrusted(peers, kind);
            Collection<List<?>> names = peers[0].getSubjectAlternativeNames();
            List<?> uris = names == null ? List.of()
                    : names.stream().filter(name -> name.get(0).equals(URI_NAME)).map(name -> name.get(1)).toList();
            // An X509-SVID has exactly one URI.
            if (!uris.equals(List.of(spiffeId))) {
                throw new CertificateException("the server is " + uris + ", not `" + spiffeId + "`");
            }
        }

        // The JDK calls these two; without the connection, nothing compares a host name, which an SVID does not have.
        @Override
        public void checkServerTrusted(X509Certificate[] peers, String kind, SSLEngine engine) throws CertificateException {
            checkServerTrusted(peers, kind);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] peers, String kind, Socket socket) throws CertificateException {
            checkServerTrusted(peers, kind);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] peers, String kind) throws CertificateException {
            throw new CertificateException("this is a client");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] peers, String kind, SSLEngine engine) throws CertificateException {
            checkClientTrusted(peers, kind);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] peers, String kind, Socket socket) throws CertificateException {
            checkClientTrusted(peers, kind);
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return chain.getAcceptedIssuers();
        }
    }

    private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private static Collection<? extends Certificate> certificates(Path file) throws GeneralSecurityException, IOException {
        try (var stream = Files.newInputStream(file)) {
            return CertificateFactory.getInstance("X.509").generateCertificates(stream);
        }
    }

    /** A key in PKCS #8; SPIFFE issuers give out keys of elliptic curves or RSA keys. */
    private static PrivateKey privateKey(Path file) throws GeneralSecurityException, IOException {
        String text = Files.readString(file).replaceAll("-----[A-Z ]+-----", "").replaceAll("\\s", "");
        PKCS8EncodedKeySpec encoded = new PKCS8EncodedKeySpec(Base64.getDecoder().decode(text));
        try {
            return KeyFactory.getInstance("EC").generatePrivate(encoded);
        } catch (GeneralSecurityException noCurve) {
            return KeyFactory.getInstance("RSA").generatePrivate(encoded);
        }
    }

    private JavaHttpClient() {}
}
