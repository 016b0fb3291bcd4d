package timeline

import (
	"bytes"
	"testing"
	"time"
)

// What is read was written so, and whatever is on the disk is read or refused.
func FuzzDecode(f *testing.F) {
	e := Event{
		ID: 1, Time: time.Unix(0, 1), Cluster: "users", Endpoint: "10.0.0.1:1", Observer: "edge-1",
		Observed: time.Unix(-5, 7), Sequence: 300, State: Weak, Share: 0.25,
		Reason: "12 of 40 requests failed",
	}
	f.Add(encode(&e))
	f.Add([]byte{version})
	f.Add(bytes.Repeat([]byte{0xff}, 40))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := decode(1, b)
		if err != nil {
			return
		}
		again, err := decode(1, encode(&got))
		if err != nil || again != got {
			t.Errorf("%+v becomes %+v, %v", got, again, err)
		}
	})
}

func TestAnEventIsReadAsItWasWritten(t *testing.T) {
	for _, e := range []Event{
		{
			Cluster: "c", Endpoint: "e", Observer: "o", Time: time.Unix(0, 0).UTC(),
			Observed: time.Time{},
		},
		{
			Cluster: "c", Endpoint: "e", Observer: "o", Time: time.Unix(1e9, 5).UTC(),
			Observed: time.Unix(1<<50, 1).UTC(), Sequence: 1<<64 - 1, State: Gone, Share: 1,
			Reason: "ü",
		},
	} {
		got, err := decode(0, encode(&e))
		if err != nil || got != e {
			t.Errorf("%+v becomes %+v, %v", e, got, err)
		}
		b := encode(&e)
		for n := range b {
			if got, err := decode(0, b[:n]); err == nil {
				t.Errorf("%d of %d bytes are %+v", n, len(b), got)
			}
		}
		if _, err := decode(0, append(b, 0)); err == nil {
			t.Error("a byte more is no matter")
		}
	}
}
