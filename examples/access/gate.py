"""A server that says who may come: python3 gate.py PORT. Whoever has a cookie "user" may."""

import http.cookies
import http.server
import sys
import urllib.parse


class Gate(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        user = http.cookies.SimpleCookie(self.headers.get("Cookie")).get("user")
        self.send_response(204 if user else 302)
        if user:
            self.send_header("X-User", user.value)
            self.send_header("X-Plan", "gold")
        else:
            to = urllib.parse.quote(self.headers.get("X-Forwarded-Uri", "/"), safe="")
            self.send_header("Location", "/sign-in?to=" + to)
            self.send_header("Content-Length", "0")
        self.end_headers()


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Gate).serve_forever()
