package http2

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"golang.org/x/net/http2/hpack"
)

// TestEncodedHeadsDecodeToWhatTheyWere compares with hpack's decoder over many
// blocks of one connection, with a table whose size changes under way.
func TestEncodedHeadsDecodeToWhatTheyWere(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 2))
		var e encoder
		e.init()
		var got []hpack.HeaderField
		dec := hpack.NewDecoder(tableSize, func(f hpack.HeaderField) { got = append(got, f) })
		names := []string{
			"content-type", "server", "x-request-id", "set-cookie", "date", "vary", "x-very-own",
			"via", "etag",
		}
		for n := range 3000 {
			if rng.IntN(100) == 0 {
				size := uint32(rng.IntN(6000))
				e.setMax(size)
				if rng.IntN(2) == 0 {
					size = uint32(rng.IntN(6000))
					e.setMax(size)
				}
				dec.SetAllowedMaxDynamicTableSize(max(size, tableSize))
			}
			var f Fields
			status := []int{0, 200, 404, 418, 503}[rng.IntN(5)]
			var want []hpack.HeaderField
			if status > 0 {
				want = append(want, hpack.HeaderField{Name: ":status", Value: fmt.Sprint(status)})
			}
			for range rng.IntN(12) {
				name := names[rng.IntN(len(names))]
				value := fmt.Sprint("value ", rng.IntN(1<<rng.IntN(16)))
				if rng.IntN(30) == 0 {
					value = string(make([]byte, rng.IntN(700)))
				}
				f.AddString(name, value)
				want = append(want, hpack.HeaderField{
					Name: name, Value: value, Sensitive: name == "set-cookie",
				})
			}
			got = got[:0]
			if _, err := dec.Write(e.encode(status, &f.list)); err != nil {
				t.Fatalf("seed %d, block %d: %v", seed, n, err)
			}
			if err := dec.Close(); err != nil {
				t.Fatalf("seed %d, block %d: %v", seed, n, err)
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("seed %d, block %d:\n%v\nwant\n%v", seed, n, got, want)
			}
		}
	}
}

// What repeats shrinks to a byte a field, and what never does takes no room in
// the table.
func TestFieldsThatRepeatAreIndexed(t *testing.T) {
	t.Parallel()
	var e encoder
	e.init()
	for n := range 1000 {
		var f Fields
		f.AddString("Content-Type", "application/json")
		f.AddString("Cache-Control", "no-store, max-age=0")
		f.AddString("X-Request-Id", fmt.Sprintf("%032d", n))
		b := e.encode(200, &f.list)
		// A status, two indexed fields, and the literal: its name and value with
		// their lengths.
		if want := 1 + 2 + 1 + 1 + 12 + 1 + 32; n >= 2 && len(b) != want {
			t.Fatalf("block %d has %d bytes, want %d", n, len(b), want)
		}
	}
	if n := e.inserted; n != 2 {
		t.Errorf("%d fields were put into the table, want 2", n)
	}
}

func TestStaticNamesAreThoseOfTheStandard(t *testing.T) {
	t.Parallel()
	for i := 15; i <= staticEntries; i++ {
		var name string
		dec := hpack.NewDecoder(tableSize, func(f hpack.HeaderField) { name = f.Name })
		if _, err := dec.Write(appendInt(nil, 0x80, 7, uint64(i))); err != nil {
			t.Fatal(err)
		}
		if got := staticName([]byte(name)); got != i {
			t.Errorf("%s is %d, want %d", name, got, i)
		}
	}
	if staticName([]byte("x-none")) != 0 {
		t.Error("a name that is not there has an index")
	}
}

func TestUrgency(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]uint8{
		"u=0": 0, "u=7, i": 7, "i, u=1": 1, "i,u=2;x": 2, "": 3, "i": 3, "u=8": 3, "xu=1": 3,
		"u=": 3, "u=12": 3,
	} {
		if got := urgencyOf([]byte(value)); got != want {
			t.Errorf("%q is %d, want %d", value, got, want)
		}
	}
}

// Fields that every block has are sent as their places in the table before long,
// hardly ever however their hashes fall: of a thousand encoders a few may have two that
// take each other's place.
func TestFieldsOfEveryBlockGetIntoTheTable(t *testing.T) {
	t.Parallel()
	const encoders, unlucky = 2000, 20
	var f Fields
	for i := range 10 {
		f.AddString(fmt.Sprint("x-field-", i), fmt.Sprint("a value that is the same each time ", i))
	}
	missed := 0
	for range encoders {
		var e encoder
		e.init()
		size := 0
		for range 20 {
			size = len(e.encode(200, &f.list))
		}
		if size > 2*11 { // two bytes for each field
			missed++
		}
	}
	if missed > unlucky {
		t.Errorf("%d of %d encoders write fields out in the 20th block, want at most %d", missed,
			encoders, unlucky)
	}
}
