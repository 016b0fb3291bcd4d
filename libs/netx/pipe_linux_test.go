//go:build !portable

package netx_test

import (
	"bytes"
	"io"
	"syscall"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/netx"
)

func TestAPipeMovesBytesInOrder(t *testing.T) {
	w := netx.NewWatch()
	src, in := pair(t, w)
	dst, out := pair(t, w)
	want := make([]byte, 3<<20)
	for i := range want {
		want[i] = byte(i * 7 >> 3)
	}
	go func() {
		_, _ = in.Write(want)
		_ = in.CloseWrite()
	}()
	moved := make(chan error, 1)
	go func() {
		p := netx.BorrowPipe()
		defer p.Release()
		for {
			_, err := p.Fill(src, 1<<62)
			if err == nil {
				err = p.Drain(dst)
			}
			if err != nil {
				_ = dst.CloseWrite()
				moved <- err
				return
			}
		}
	}()
	got, err := io.ReadAll(out)
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("%d of %d bytes came, or others; %v", len(got), len(want), err)
	}
	if err := <-moved; err != io.EOF {
		t.Errorf("moving ended with %v, want io.EOF", err)
	}
}

func TestAPipeTakesNoMoreThanAsked(t *testing.T) {
	w := netx.NewWatch()
	src, in := pair(t, w)
	dst, out := pair(t, w)
	if _, err := in.Write([]byte("bodynext")); err != nil {
		t.Fatal(err)
	}
	p := netx.BorrowPipe()
	defer p.Release()
	if n, err := p.Fill(src, 4); n != 4 || err != nil {
		t.Fatalf("took %d bytes, %v", n, err)
	}
	if err := p.Drain(dst); err != nil {
		t.Fatal(err)
	}
	rest := make([]byte, 10)
	if n, err := src.Read(rest); string(rest[:n]) != "next" || err != nil {
		t.Errorf("%q is left, %v", rest[:n], err)
	}
	if n, err := out.Read(rest); string(rest[:n]) != "body" || err != nil {
		t.Errorf("%q came, %v", rest[:n], err)
	}
}

func TestAPipeKeepsDeadlines(t *testing.T) {
	w := netx.NewWatch()
	src, in := pair(t, w)
	dst, _ := pair(t, w)
	p := netx.BorrowPipe()
	src.SetReadDeadline(time.Minute)
	if err := ticking(t, w, func() error {
		_, err := p.Fill(src, 10)
		return err
	}); err != netx.ErrTimeout {
		t.Errorf("nothing to read: %v, want %v", err, netx.ErrTimeout)
	}
	src.SetReadDeadline(0)
	dst.WriteTimeout = time.Minute
	go func() {
		block := make([]byte, 1<<20)
		for {
			if _, err := in.Write(block); err != nil {
				return
			}
		}
	}()
	err := ticking(t, w, func() error {
		for {
			if _, err := p.Fill(src, 1<<62); err != nil {
				return err
			}
			if err := p.Drain(dst); err != nil {
				return err
			}
		}
	})
	if err != netx.ErrTimeout {
		t.Errorf("nobody reads: %v, want %v", err, netx.ErrTimeout)
	}
	p.Release() // holds bytes: it must be closed, not kept
	q := netx.BorrowPipe()
	defer q.Release()
	if p == q {
		t.Error("a pipe with bytes of another stream was lent again")
	}
	in.Close()
}

func TestAPipeTakesWhatIsThereWithoutWaiting(t *testing.T) {
	w := netx.NewWatch()
	src, in := pair(t, w)
	dst, out := pair(t, w)
	p := netx.BorrowPipe()
	defer p.Release()
	if n, err := p.TryFill(src); n != 0 || err != syscall.EAGAIN {
		t.Errorf("of nothing: %d bytes, %v", n, err)
	}
	if _, err := in.Write([]byte("there")); err != nil {
		t.Fatal(err)
	}
	n, err := 0, error(nil)
	if failed := result(t, func() error {
		return src.Await(func(uintptr) bool {
			n, err = p.TryFill(src)
			return err != syscall.EAGAIN
		})
	}); failed != nil {
		t.Fatal(failed)
	}
	if n != 5 || err != nil || p.Held() != 5 {
		t.Errorf("took %d bytes, %v; holds %d", n, err, p.Held())
	}
	if err := p.Drain(dst); err != nil || p.Held() != 0 {
		t.Errorf("drained: %v; holds %d", err, p.Held())
	}
	got := make([]byte, 5)
	if _, err := io.ReadFull(out, got); err != nil || string(got) != "there" {
		t.Errorf("%q came, %v", got, err)
	}
	if err := in.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if failed := result(t, func() error {
		return src.Await(func(uintptr) bool {
			_, err = p.TryFill(src)
			return err != syscall.EAGAIN
		})
	}); failed != nil || err != io.EOF {
		t.Errorf("at the end: %v, %v", failed, err)
	}
}
