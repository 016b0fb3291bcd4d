"""An upstream that answers with the request it got: python3 mirror.py PORT"""

import http.server
import sys


class Mirror(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Mirror/1.0"
    wbufsize = -1  # head and body in one packet

    def do_GET(self):
        body = (self.requestline + "\n" + str(self.headers).rstrip("\n") + "\n").encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("X-Powered-By", "Python")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Mirror).serve_forever()
