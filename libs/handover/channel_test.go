//go:build unix

package handover

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const deadline = 30 * time.Second

// ends makes the two ends of a channel.
func ends(t *testing.T) (a, b *Channel) {
	t.Helper()
	a, file, err := pair()
	if err != nil {
		t.Fatal(err)
	}
	if b, err = FromFile(file); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

func receive(t *testing.T, c *Channel) Message {
	t.Helper()
	m, err := c.Receive(time.Now().Add(deadline))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMessagesArriveWholeAndInOrder(t *testing.T) {
	t.Parallel()
	a, b := ends(t)
	sizes := []int{0, 1, 4096, 3 << 20, 7}
	sent := make(chan error, 1)
	go func() {
		for i, n := range sizes {
			if err := a.Send(fmt.Sprintf("k%d", i), bytes.Repeat([]byte{byte(i)}, n)); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	for i, n := range sizes {
		m := receive(t, b)
		if m.Kind != fmt.Sprintf("k%d", i) || len(m.Body) != n ||
			!bytes.Equal(m.Body, bytes.Repeat([]byte{byte(i)}, n)) {
			t.Errorf("message %d: %q with %d bytes", i, m.Kind, len(m.Body))
		}
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
}

// More than go with one byte, and of each it is known which one it is.
func TestOpenFilesArriveInTheirOrder(t *testing.T) {
	t.Parallel()
	a, b := ends(t)
	const n = 150
	var files []*os.File
	dir := t.TempDir()
	for i := range n {
		f, err := os.Create(filepath.Join(dir, fmt.Sprint(i)))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(f, i)
		files = append(files, f)
	}
	sent := make(chan error, 1)
	go func() { sent <- a.Send("files", []byte("body"), files...) }()
	m := receive(t, b)
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	closeAll(files)
	if len(m.Files) != n || string(m.Body) != "body" {
		t.Fatalf("%d files, and %q", len(m.Files), m.Body)
	}
	for i, f := range m.Files {
		text := make([]byte, 8)
		size, _ := f.ReadAt(text, 0)
		if string(text[:size]) != fmt.Sprint(i) {
			t.Errorf("file %d is %q", i, text[:size])
		}
		flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFD, 0)
		if err != nil || flags&unix.FD_CLOEXEC == 0 {
			t.Errorf("file %d would be inherited", i)
		}
	}
	closeAll(m.Files)
}

func TestNothingInTimeIsNoEnd(t *testing.T) {
	t.Parallel()
	a, b := ends(t)
	if _, err := b.Receive(time.Now().Add(time.Millisecond)); !errors.Is(err, ErrQuiet) {
		t.Fatalf("%v", err)
	}
	if err := a.Send("late", nil); err != nil {
		t.Fatal(err)
	}
	if m := receive(t, b); m.Kind != "late" {
		t.Errorf("%q", m.Kind)
	}
	a.Close()
	if _, err := b.Receive(time.Time{}); err != io.EOF {
		t.Errorf("the other end is closed: %v", err)
	}
	if err := b.Send("into nothing", nil); err == nil {
		t.Error("nobody reads, and there is no error")
	}
}

func TestAMessageTooLargeIsRefused(t *testing.T) {
	t.Parallel()
	a, b := ends(t)
	if err := a.Send("far too long a word for what it is about", nil); err == nil {
		t.Error("a kind that is too long was sent")
	}
	// A head that claims four gigabytes, as from a fault.
	if _, err := a.conn.Write([]byte{1, 0, 0, 0xff, 0xff, 0xff, 0xff, 'k'}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Receive(time.Now().Add(deadline)); err == nil {
		t.Error("it was taken")
	}
}

// A socket that blocks would hang the listener of the process that has it, too.
func TestASocketGoesOnAcceptingOnBothSides(t *testing.T) {
	t.Parallel()
	a, b := ends(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	f, err := FileOf(l)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Send("socket", nil, f); err != nil {
		t.Fatal(err)
	}
	f.Close()
	s, err := NewSockets([]string{"web"}, receive(t, b).Files)
	if err != nil {
		t.Fatal(err)
	}
	other, err := s.Listener("web")
	if err != nil || other == nil {
		t.Fatal(other, err)
	}
	defer other.Close()
	if none, err := s.Listener("web"); none != nil || err != nil {
		t.Errorf("it was taken twice: %v %v", none, err)
	}
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Control(func(fd uintptr) {
		if flags, err := unix.FcntlInt(fd, unix.F_GETFL, 0); err != nil ||
			flags&unix.O_NONBLOCK == 0 {
			t.Error("the socket blocks now")
		}
	}); err != nil {
		t.Fatal(err)
	}
	for _, who := range []net.Listener{l, other} {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		in, err := who.Accept()
		if err != nil {
			t.Fatal(err)
		}
		in.Close()
		c.Close()
	}
	l.Close()
	c, err := net.Dial("tcp", other.Addr().String())
	if err != nil {
		t.Fatalf("the other listener is gone, too: %v", err)
	}
	c.Close()
}

func TestSocketsByName(t *testing.T) {
	t.Parallel()
	file := func(name string) *os.File {
		f, err := os.Create(filepath.Join(t.TempDir(), name))
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	s, err := NewSockets([]string{"systemd b", "systemd a", "systemdx", "rest", "rest"},
		[]*os.File{file("1"), file("2"), file("3"), file("4"), file("5")})
	if err != nil {
		t.Fatal(err)
	}
	all := s.TakeAll("systemd")
	if len(all) != 2 || all[0].Name != "a" || all[1].Name != "b" {
		t.Errorf("%v", all)
	}
	for _, n := range all {
		n.File.Close()
	}
	if left := s.Close(); fmt.Sprint(left) != "[rest systemdx]" {
		t.Errorf("left are %v", left)
	}
	if _, err := NewSockets([]string{"one"}, nil); err == nil {
		t.Error("a name without a socket was taken")
	}
	var none *Sockets
	if none.Take("x") != nil || none.TakeAll("x") != nil || none.Close() != nil {
		t.Error("no sockets have some")
	}
}

func FuzzReceive(f *testing.F) {
	f.Add([]byte{1, 0, 0, 0, 0, 0, 2, 'k', 'a', 'b'})
	f.Add([]byte{0, 0, 1, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		a, file, err := pair()
		if err != nil {
			t.Skip(err)
		}
		c, err := FromFile(file)
		if err != nil {
			t.Skip(err)
		}
		defer c.Close()
		if _, err := a.conn.Write(b); err != nil {
			t.Fatal(err)
		}
		a.Close()
		for range len(b) + 1 {
			if m, err := c.Receive(time.Now().Add(deadline)); err != nil {
				return
			} else if len(m.Files) > 0 {
				t.Fatal("files came from nowhere")
			}
		}
		t.Fatal("there is no end")
	})
}
