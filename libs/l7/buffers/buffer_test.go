package buffers

import (
	"bytes"
	"testing"
)

func filled(size int, text string) *Buffer {
	b := &Buffer{B: make([]byte, size)}
	b.W = copy(b.B, text)
	return b
}

func TestWhatIsNotUsedYetIsKept(t *testing.T) {
	for name, change := range map[string]func(b *Buffer){
		"tidied":                      func(b *Buffer) { b.Tidy() },
		"tidied twice":                func(b *Buffer) { b.Tidy(); b.Tidy() },
		"with room at the end":        func(b *Buffer) { b.Room(64) },
		"with room made at the front": func(b *Buffer) { b.B = b.B[:b.W]; b.Room(8) },
		"grown":                       func(b *Buffer) { b.Tidy(); b.B = b.B[:b.W]; b.Room(64) },
		"restored":                    func(b *Buffer) { b.Restore([]byte("cdef")) },
		"restored from much":          func(b *Buffer) { b.B = b.B[:2]; b.Restore([]byte("cdef")) },
	} {
		b := filled(8, "abcdef")
		b.R = 2
		change(b)
		if got := string(b.Bytes()); got != "cdef" || b.Len() != 4 {
			t.Errorf("%s: %q, %d bytes", name, got, b.Len())
		}
		if len(b.Bytes())+len(b.Space())+b.R != len(b.B) {
			t.Errorf("%s: %d used, %d free of %d", name, b.Len(), len(b.Space()), len(b.B))
		}
	}
}

func TestRoomEndsAtTheLimit(t *testing.T) {
	b := filled(4, "abcd")
	for want := range []int{8, 10} {
		if !b.Room(10) || len(b.Space()) == 0 {
			t.Fatalf("no room, try %d", want)
		}
		b.W = len(b.B)
	}
	if b.Room(10) || len(b.B) != 10 {
		t.Errorf("it has grown to %d bytes", len(b.B))
	}
	b.R = 3
	if !b.Room(10) || b.R != 0 || b.Len() != 7 {
		t.Errorf("what was used makes no room: %d to %d", b.R, b.W)
	}
	b.Clear()
	if b.Len() != 0 || len(b.Space()) != 10 {
		t.Errorf("%d bytes are left", b.Len())
	}
}

func TestABlockIsLentWithoutAllocating(t *testing.T) {
	Borrow().Release()
	if n := testing.AllocsPerRun(100, func() { Borrow().Release() }); n > 0.5 {
		t.Errorf("%v allocations", n) // a collection may empty the pool once
	}
	b := Borrow()
	defer b.Release()
	if len(b) != Body || !bytes.Equal(b[:0], nil) {
		t.Errorf("%d bytes", len(b))
	}
}
