package websocket

import (
	"bufio"
	"crypto/sha1" // RFC 6455 asks for it; nothing rests on it
	"encoding/base64"
	"fmt"
	"io"
)

const (
	text     = 0x81 // a whole message of text
	masked   = 0x80 // in the byte of the length
	longest  = 125  // bytes of a short message
	guid     = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
	nonce    = "dGhlIHNhbXBsZSBub25jZQ==" // a server may not mind that all have the same
	switched = 101
)

// accept is the answer to a client's key (RFC 6455 section 4.2.2).
func accept(key string) string {
	sum := sha1.Sum([]byte(key + guid))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// appendFrame appends a message; a client's is masked, here with zeros.
func appendFrame(dst []byte, message string, byClient bool) []byte {
	dst = append(dst, text, byte(len(message)))
	if byClient {
		dst[len(dst)-1] |= masked
		dst = append(dst, 0, 0, 0, 0)
	}
	return append(dst, message...)
}

// readFrame reads a message into buf, which has room for the longest one.
func readFrame(r *bufio.Reader, buf []byte) ([]byte, error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := int(head[1] &^ masked)
	if head[0] != text || n > longest {
		return nil, fmt.Errorf("a frame begins with %x, which is no short text", head)
	}
	var mask [4]byte
	if head[1]&masked != 0 {
		if _, err := io.ReadFull(r, mask[:]); err != nil {
			return nil, err
		}
	}
	if _, err := io.ReadFull(r, buf[:n]); err != nil {
		return nil, err
	}
	for i := range buf[:n] {
		buf[i] ^= mask[i%4]
	}
	return buf[:n], nil
}
