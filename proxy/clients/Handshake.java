import java.net.Socket;
import java.net.URI;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/** Opens a tunnel through the proxy of the first argument to the host of the second, and says whom it met there. */
class Handshake {
    public static void main(String[] arguments) throws Exception {
        var proxy = URI.create(arguments[0]);
        var host = arguments[1];
        try (var plain = new Socket(proxy.getHost(), proxy.getPort())) {
            plain.getOutputStream().write(("CONNECT " + host + ":443 HTTP/1.1\r\nHost: " + host + ":443\r\n\r\n").getBytes());
            var head = new StringBuilder();
            while (!head.toString().endsWith("\r\n\r\n")) head.append((char) plain.getInputStream().read());
            var factory = (SSLSocketFactory) SSLSocketFactory.getDefault();
            try (var socket = (SSLSocket) factory.createSocket(plain, host, 443, true)) {
                var parameters = socket.getSSLParameters();
                parameters.setEndpointIdentificationAlgorithm("HTTPS");
                socket.setSSLParameters(parameters);
                socket.startHandshake();
                System.out.println(socket.getSession().getPeerPrincipal().getName());
            }
        }
    }
}
