package tlsconf

import (
	"errors"
	"net"
	"reflect"
	"strconv"
)

// An Alert is the number of an alert with which a peer has ended TLS (RFC 8446 section 6).
type Alert uint8

// Alerts that mean more than their names.
const (
	unexpectedMessage     Alert = 10
	badCertificate        Alert = 42
	certificateUnknown    Alert = 46
	unknownCA             Alert = 48
	accessDenied          Alert = 49
	handshakeFailure      Alert = 40
	protocolVersion       Alert = 70
	noRenegotiation       Alert = 100
	unrecognizedName      Alert = 112
	certificateRequired   Alert = 116
	noApplicationProtocol Alert = 120
)

// How crypto/tls marks the alerts that it received, and those that it sent.
const (
	received = "remote error"
	sent     = "local error"
)

// alertNames are the names of RFC 8446 section 6, of older versions where it has none.
var alertNames = map[Alert]string{
	0: "close notify", unexpectedMessage: "unexpected message", 20: "bad record MAC",
	21: "decryption failed", 22: "record overflow", 30: "decompression failure",
	40: "handshake failure", 41: "no certificate", badCertificate: "bad certificate",
	43: "unsupported certificate", 44: "certificate revoked", 45: "certificate expired",
	certificateUnknown: "certificate unknown", 47: "illegal parameter", unknownCA: "unknown CA",
	accessDenied: "access denied", 50: "decode error", 51: "decrypt error",
	60: "export restriction", protocolVersion: "protocol version", 71: "insufficient security",
	80: "internal error", 86: "inappropriate fallback", 90: "user canceled",
	noRenegotiation: "no renegotiation", 109: "missing extension", 110: "unsupported extension",
	111: "certificate unobtainable", 112: "unrecognized name",
	113: "bad certificate status response", 114: "bad certificate hash value",
	115: "unknown PSK identity", certificateRequired: "certificate required",
	noApplicationProtocol: "no application protocol", 121: "ECH required",
}

// String is the alert's name, or its number where it has none.
func (a Alert) String() string {
	if name, ok := alertNames[a]; ok {
		return name
	}
	return strconv.Itoa(int(a))
}

// AlertIn finds the alert that the peer has sent in an error of crypto/tls.
func AlertIn(err error) (Alert, bool) { return alertOf(err, received) }

// alertOf finds an alert that went one way. crypto/tls does not export its type of those.
func alertOf(err error, way string) (Alert, bool) {
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != way || op.Err == nil {
		return 0, false
	}
	if v := reflect.ValueOf(op.Err); v.Kind() == reflect.Uint8 {
		return Alert(v.Uint()), true
	}
	return 0, false
}

// OfHandshake reports whether only a peer sends the alert that refuses the handshake. With TLS 1.3
// a server does that when the client has sent a request already; it has not read that then.
func (a Alert) OfHandshake() bool {
	switch a {
	case 40, 41, 47, 50, 51, 70, 71, 86, 109, 110, 111, 112, 113, 114, 115, noApplicationProtocol,
		121:
		return true
	}
	return a.ofCertificate()
}

// ofCertificate reports whether the alert is about the certificate of its receiver.
func (a Alert) ofCertificate() bool {
	return a >= badCertificate && a <= certificateUnknown || a == unknownCA ||
		a == accessDenied || a == certificateRequired
}
