"""An upstream that answers everything with one status: python3 shop.py PORT [STATUS]"""

import http.server
import sys

STATUS = int(sys.argv[2]) if len(sys.argv) > 2 else 200


class Shop(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet

    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = (http.HTTPStatus(STATUS).phrase + "\n").encode()
        self.send_response(STATUS)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Shop).serve_forever()
