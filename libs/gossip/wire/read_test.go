package wire

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

// rules are those of the tests: what is said of "liar" is not believed.
func rules() *Rules {
	return &Rules{
		Believes: func(c Claim) bool { return c.Node != "liar" },
		Report:   1024, State: 4096, Nodes: 8,
	}
}

const (
	rest = "\xa4Addr\xa4\x7f\x00\x00\x01\xa4Port\x05\xa4Meta\xa1m" +
		"\xa3Vsn\xa6\x01\x05\x02\x00\x00\x00"
	// goodAlive and goodState are of a node, in the order in which this package writes.
	goodAlive = "\x04\x86\xabIncarnation\x01\xa4Node\xa1x" + rest
	liarAlive = "\x04\x86\xabIncarnation\x01\xa4Node\xa4liar" + rest
	goodNode  = "\x87\xa4Name\xa1x\xa4Addr\xa4\x7f\x00\x00\x01\xa4Port\x05\xa4Meta\xc0" +
		"\xabIncarnation\x01\xa5State\x00\xa3Vsn\xa6\x01\x05\x02\x00\x00\x00"
	liarNode = "\x87\xa4Name\xa4liar\xa4Addr\xa4\x7f\x00\x00\x01\xa4Port\x05\xa4Meta\xc0" +
		"\xabIncarnation\x01\xa5State\x00\xa3Vsn\xa6\x01\x05\x02\x00\x00\x00"
	goodState = "\x06\x83\xa5Nodes\x02\xacUserStateLen\x05\xa4Join\xc3"
)

func TestOneLieKeepsNothingElseBack(t *testing.T) {
	t.Parallel()
	ping := "\x00\x81\xa5SeqNo\x07"
	whole := compoundOf(goodAlive, liarAlive, ping)
	passed, refused, err := rules().Packet([]byte(whole))
	if refused != 1 || err == nil || string(passed) != compoundOf(goodAlive, ping) {
		t.Errorf("%q passes, %d are refused, %v", passed, refused, err)
	}
	in := goodState + goodNode + liarNode + "state"
	b, refused, err := rules().Stream(bytes.NewReader([]byte(in)), nil, Asked, free)
	want := "\x06\x83\xa5Nodes\x01\xacUserStateLen\x05\xa4Join\xc3" +
		"\x86" + goodNode[1:bytesBefore(goodNode, "\xa4Meta")] +
		goodNode[bytesBefore(goodNode, "\xabInc"):] + "state"
	if err != nil || refused != 1 || string(b) != want {
		t.Errorf("%q passes, want %q; %d are refused, %v", b, want, refused, err)
	}
}

func bytesBefore(s, part string) int { return bytes.Index([]byte(s), []byte(part)) }

func free(int) error { return nil }

func compoundOf(parts ...string) string {
	sizes, all := []byte{compound, byte(len(parts))}, ""
	for _, p := range parts {
		sizes = append(sizes, byte(len(p)>>8), byte(len(p)))
		all += p
	}
	return string(sizes) + all
}

func TestWhatIsKeptIsAskedFor(t *testing.T) {
	t.Parallel()
	full, asked := errors.New("full"), 0
	r := rules()
	r.State = 1 << 20
	keys := newKeys(t, key(1, 32))
	sealed := keys.SealStream(make([]byte, 1<<20))
	counter := &reads{Reader: bytes.NewReader(sealed)}
	_, _, err := r.Stream(counter, keys, Asked, func(n int) error {
		if asked += n; asked > 100_000 {
			return full
		}
		return nil
	})
	if err != full || counter.n > 100_000 {
		t.Errorf("%v after %d bytes", err, counter.n)
	}
}

type reads struct {
	io.Reader
	n int
}

func (r *reads) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	r.n += n
	return n, err
}

func FuzzPacket(f *testing.F) {
	for _, s := range []string{
		goodAlive, liarAlive, compoundOf(goodAlive, liarAlive), "\x08report",
		"\x0c\x00\x00\x00\x00",
		"\x00\x82\xa5SeqNo\xce\x00\x00\x00\x01\xa4Node\xa1x",
		"\x01\x83\xa5SeqNo\x01\xa6Target\xa4abcd\xa4Nack\xc3",
		"\x02\x82\xa5SeqNo\x01\xa7Payload\xc0",
		"\x03\x83\xabIncarnation\x01\xa4Node\xa1x\xa4From\xa1y", "\x0b\x81\xa5SeqNo\xd1\x01\x00",
		"\x00\x82\xa5SeqNo\x01\xa3New\xd9\x01x",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		passed, refused, err := rules().Packet(b)
		if (refused > 0) != (err != nil) || refused == 0 && passed == nil {
			t.Fatalf("%q, %d refused, %v", passed, refused, err)
		}
		if passed == nil {
			return
		}
		again, refused, err := rules().Packet(passed)
		if err != nil || refused != 0 || !bytes.Equal(again, passed) {
			t.Fatalf("%q passes as %q, %v", passed, again, err)
		}
		if bytes.Contains(passed, []byte("Node\xa4liar")) && passed[0] == alive {
			t.Fatalf("%q passes", passed)
		}
	})
}

func FuzzStream(f *testing.F) {
	for _, s := range []string{
		goodState + goodNode + goodNode + "state", goodState + goodNode + liarNode + "state",
		"\x06\x83\xa5Nodes\x00\xacUserStateLen\x00\xa4Join\xc2", "\x00\x81\xa5SeqNo\x07",
		"\x02\x82\xa5SeqNo\x01\xa7Payload\xc0", "\x0d\x81\xa5Error\xa1x", "\x0a\x00\x00\x00\x1d",
	} {
		f.Add([]byte(s), true)
		f.Add([]byte(s), false)
	}
	keys := newKeys(f, key(1, 16))
	f.Fuzz(func(t *testing.T, b []byte, asks bool) {
		side := Side(asks)
		held := 0
		hold := func(n int) error { held += n; return nil }
		passed, _, err := rules().Stream(bytes.NewReader(b), nil, side, hold)
		if held > headSize+rules().Sealed() {
			t.Fatalf("%d bytes are kept", held)
		}
		// What is encrypted has to be one message and nothing behind it.
		closed, _, wrong := rules().Stream(bytes.NewReader(keys.SealStream(b)), keys, side, free)
		if wrong == nil && (err != nil || !bytes.Equal(passed, closed)) {
			t.Fatalf("%q and %q, %v", passed, closed, err)
		}
		if err != nil {
			return
		}
		again, refused, err := rules().Stream(bytes.NewReader(passed), nil, side, free)
		if err != nil || refused != 0 || !bytes.Equal(again, passed) {
			t.Fatalf("%q passes as %q, %v", passed, again, err)
		}
	})
}

func FuzzOpen(f *testing.F) {
	keys := newKeys(f, key(1, 16), key(2, 32))
	f.Add(keys.Seal(nil, []byte("m"), nil))
	f.Add([]byte{0})
	f.Add(make([]byte, Overhead))
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := keys.Open(b, nil); err == nil && len(m) == 0 {
			t.Fatal("an empty message")
		}
		if len(b) == 0 {
			return
		}
		if m, err := keys.Open(keys.Seal(nil, b, b), b); err != nil || !bytes.Equal(m, b) {
			t.Fatalf("%q, %v", m, err)
		}
	})
}
