package handover

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// Bounds of a message. Both ends run the same program, or nearly so: what is over them is a fault.
const (
	maxBody  = 256 << 20 // bytes
	maxFiles = 4096
	maxKind  = 32 // bytes
)

// A Message is one thing that is said over a Channel.
type Message struct {
	// Kind says what it is about, in up to 32 bytes.
	Kind string
	Body []byte
	// Files are open files that came with it. They are the receiver's to close.
	Files []*os.File
}

// Decode reads the body as JSON.
func (m Message) Decode(into any) error {
	if err := json.Unmarshal(m.Body, into); err != nil {
		return fmt.Errorf("the message %q: %w", m.Kind, err)
	}
	return nil
}

// ErrQuiet is what Receive returns where no message has begun in time. The Channel is as it was.
var ErrQuiet = errors.New("no message came in time")

// A Channel joins two processes. One goroutine at a time may receive; any may send.
type Channel struct {
	conn *net.UnixConn

	sending sync.Mutex // held while a message is written
}

// patience is how long a message may take that has begun: its other end is on the same machine, and
// has all of it in memory.
const patience = 10 * time.Second

// Send sends a message with open files, which stay open here.
func (c *Channel) Send(kind string, body []byte, files ...*os.File) error {
	if len(body) > maxBody || len(files) > maxFiles || len(kind) > maxKind {
		return fmt.Errorf("send %q: %d bytes and %d files are too much", kind, len(body),
			len(files))
	}
	c.sending.Lock()
	defer c.sending.Unlock()
	if err := c.conn.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return fmt.Errorf("send %q: %w", kind, err)
	}
	head := make([]byte, 0, headSize+len(kind))
	head = append(head, byte(len(kind)))
	head = binary.BigEndian.AppendUint16(head, uint16(len(files)))
	head = binary.BigEndian.AppendUint32(head, uint32(len(body)))
	head = append(head, kind...)
	if _, err := c.conn.Write(head); err != nil {
		return fmt.Errorf("send %q: %w", kind, err)
	}
	if err := c.sendFiles(files); err != nil {
		return fmt.Errorf("send %q: %w", kind, err)
	}
	if _, err := c.conn.Write(body); err != nil {
		return fmt.Errorf("send %q: %w", kind, err)
	}
	return nil
}

// SendJSON sends a message whose body is a value as JSON.
func (c *Channel) SendJSON(kind string, v any, files ...*os.File) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("send %q: %w", kind, err)
	}
	return c.Send(kind, body, files...)
}

// headSize is the size of what comes first: of the kind, of the files, of the body.
const headSize = 1 + 2 + 4

// Receive waits for a message until a time; the zero time is for ever. The error is ErrQuiet where
// none has begun until then, and io.EOF where the other end is closed.
func (c *Channel) Receive(until time.Time) (m Message, err error) {
	if err := c.conn.SetReadDeadline(until); err != nil {
		return m, gone(err)
	}
	var head [headSize]byte
	if _, err := io.ReadFull(c.conn, head[:1]); err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return m, ErrQuiet
		}
		return m, gone(err)
	}
	// The rest is on its way.
	if err := c.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return m, gone(err)
	}
	if _, err := io.ReadFull(c.conn, head[1:]); err != nil {
		return m, gone(err)
	}
	files := int(binary.BigEndian.Uint16(head[1:]))
	size := int(binary.BigEndian.Uint32(head[3:]))
	if int(head[0]) > maxKind || files > maxFiles || size > maxBody {
		return m, fmt.Errorf("a message of %d bytes with %d files is too much", size, files)
	}
	kind := make([]byte, head[0])
	if _, err := io.ReadFull(c.conn, kind); err != nil {
		return m, gone(err)
	}
	m.Kind = string(kind)
	if m.Files, err = c.receiveFiles(files); err != nil {
		closeAll(m.Files)
		return Message{}, gone(err)
	}
	m.Body = make([]byte, size)
	if _, err := io.ReadFull(c.conn, m.Body); err != nil {
		closeAll(m.Files)
		return Message{}, gone(err)
	}
	return m, nil
}

// Interrupt lets a Receive that waits return with ErrQuiet, unless a message has begun.
func (c *Channel) Interrupt() { _ = c.conn.SetReadDeadline(time.Unix(1, 0)) }

// gone is io.EOF for all the ways in which the other end can be gone.
func gone(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || reset(err) {
		return io.EOF
	}
	return err
}

// File is the Channel's end, for handing it over in its turn. It is the caller's to close; the
// Channel stays open.
func (c *Channel) File() (*os.File, error) { return c.conn.File() }

// Close closes this end.
func (c *Channel) Close() error { return c.conn.Close() }

// FromFile makes a Channel of one's end, as File gives it, and closes the file.
func FromFile(f *os.File) (*Channel, error) {
	defer f.Close()
	conn, err := net.FileConn(f)
	if err != nil {
		return nil, err
	}
	u, ok := conn.(*net.UnixConn)
	if !ok {
		_ = conn.Close() // it is of no use
		return nil, errors.New("it is no unix socket")
	}
	return &Channel{conn: u}, nil
}

func closeAll(files []*os.File) {
	for _, f := range files {
		_ = f.Close() // nobody uses it
	}
}
