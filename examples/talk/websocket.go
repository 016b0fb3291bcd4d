package talk

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// The opcodes of frames (RFC 6455 section 5.2).
const (
	textFrame  = 1
	closeFrame = 8
	pingFrame  = 9
	pongFrame  = 10
)

// Chat is a WebSocket for HTTP/1.1 that greets, sends every message back, answers a ping, and
// closes when it is asked to.
func Chat() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") ||
			r.Header.Get("Sec-WebSocket-Version") != "13" {
			w.Header().Set("Upgrade", "websocket")
			w.Header().Set("Sec-WebSocket-Version", "13")
			http.Error(w, "this is a WebSocket", http.StatusUpgradeRequired)
			return
		}
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		key := r.Header.Get("Sec-WebSocket-Key")
		sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
		if _, err := fmt.Fprintf(conn,
			"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
				"Sec-WebSocket-Accept: %s\r\n\r\n",
			base64.StdEncoding.EncodeToString(sum[:])); err != nil {
			return
		}
		if WriteFrame(conn, 0x80|textFrame, []byte("welcome"), nil) != nil {
			return
		}
		for {
			first, payload, err := ReadFrame(rw.Reader)
			if err != nil {
				return
			}
			if first&15 == pingFrame {
				first = first&^15 | pongFrame
			}
			if WriteFrame(conn, first, payload, nil) != nil || first&15 == closeFrame {
				return
			}
		}
	})
}

// WriteFrame writes a frame whose first byte, flags and opcode, is given. A client has a key of
// four bytes.
func WriteFrame(w io.Writer, first byte, payload, key []byte) error {
	b := []byte{first, 0}
	switch n := len(payload); {
	case n < 126:
		b[1] = byte(n)
	case n < 1<<16:
		b[1] = 126
		b = binary.BigEndian.AppendUint16(b, uint16(n))
	default:
		b[1] = 127
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	if key != nil {
		b[1] |= 0x80
		b = append(b, key...)
	}
	at := len(b)
	b = append(b, payload...)
	if key != nil {
		mask(b[at:], key)
	}
	_, err := w.Write(b)
	return err
}

// ReadFrame reads a frame, masked or not.
func ReadFrame(r *bufio.Reader) (first byte, payload []byte, err error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	n := uint64(head[1] & 0x7f)
	if more := map[uint64]int{126: 2, 127: 8}[n]; more > 0 {
		var b [8]byte
		if _, err := io.ReadFull(r, b[8-more:]); err != nil {
			return 0, nil, err
		}
		n = binary.BigEndian.Uint64(b[:])
	}
	if n > maxMessage {
		return 0, nil, errors.New("the frame is too long")
	}
	var key []byte
	if head[1]&0x80 != 0 {
		key = make([]byte, 4)
		if _, err := io.ReadFull(r, key); err != nil {
			return 0, nil, err
		}
	}
	payload = make([]byte, n)
	if _, err := io.ReadFull(r, payload); err != nil {
		return 0, nil, err
	}
	if key != nil {
		mask(payload, key)
	}
	return head[0], payload, nil
}

func mask(b, key []byte) {
	for i := range b {
		b[i] ^= key[i%4]
	}
}
