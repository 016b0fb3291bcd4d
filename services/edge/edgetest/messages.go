package edgetest

import "strings"

// Raw messages that most tests send.
const (
	// Get is a whole GET request for the path / of the host a.test.
	Get = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"
	// OK is a whole 200 response with the body "ok".
	OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	// Unavailable is a whole 503 response, as an endpoint sends it that is too busy.
	Unavailable = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy"
	// UpgradeRequest asks for a WebSocket, without the fields that a real handshake has.
	UpgradeRequest = "GET / HTTP/1.1\r\nHost: a.test\r\n" +
		"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
	// UpgradeAnswer agrees to an UpgradeRequest: a tunnel follows.
	UpgradeAnswer = "HTTP/1.1 101 Switching Protocols\r\n" +
		"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
)

// BodyOf is a body of n bytes.
func BodyOf(n int) string { return strings.Repeat("b", n) }
