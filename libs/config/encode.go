package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config/internal/tags"
	"github.com/gatewayhomebrew/gateway/libs/hostname"
	"github.com/gatewayhomebrew/gateway/libs/jsonstr"
)

// Redacted stands for a secret in what is shown.
const Redacted = "<redacted>"

// Digest returns the SHA-256, in hexadecimal, of the canonical form of a document. Two documents
// that mean the same, whatever their syntax, order of keys and left-out defaults, have the same
// digest.
func Digest(d *Document) string {
	e := encoder{cache: tags.Cache{}, sum: sha256.New()}
	e.value(reflect.ValueOf(d).Elem(), false)
	e.sum.Write(e.out)
	return hex.EncodeToString(e.sum.Sum(nil))
}

// SharedDigest is the digest of a document without the keys that a node has for itself alone:
// config_sync, admin, gossip and upgrade. Nodes with the same one route alike.
func SharedDigest(d *Document) string {
	shared := *d
	shared.Admin, shared.Gossip, shared.ConfigSync, shared.Upgrade = Admin{}, nil, nil, nil
	return Digest(&shared)
}

// Canonical returns the document as JSON with every default written out, which Decode reads back to
// an equal document. It holds secrets that were written into the file as plain text.
func Canonical(d *Document) []byte { return encode(d, false) }

// Show returns what Canonical does with Redacted in the place of every secret.
func Show(d *Document) []byte { return encode(d, true) }

// String returns the percentage as a file has it: 20%.
func (p Percent) String() string {
	// Multiplying can turn 0.07 into 7.000000000000001, so use fewer digits than a float has.
	return strconv.FormatFloat(float64(p)*100, 'g', 12, 64) + "%"
}

func encode(d *Document, redact bool) []byte {
	e := encoder{redact: redact, cache: tags.Cache{}}
	e.value(reflect.ValueOf(d).Elem(), false)
	return e.out
}

type encoder struct {
	out    []byte
	redact bool
	cache  tags.Cache
	sum    hash.Hash // takes what is written, if only that is wanted; nil: out keeps it
}

func (e *encoder) text(s string) { e.out = jsonstr.Append(e.out, s) }

func (e *encoder) value(v reflect.Value, secret bool) {
	switch v.Type() {
	case durationType:
		e.text(time.Duration(v.Int()).String())
		return
	case percentType:
		e.text(Percent(v.Float()).String())
		return
	case prefixType:
		e.text(hostname.RangeText(v.Interface().(netip.Prefix)))
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		e.value(v.Elem(), secret)
	case reflect.Struct:
		e.structure(v)
	case reflect.Slice:
		e.out = append(e.out, '[')
		for i := range v.Len() {
			if i > 0 {
				e.out = append(e.out, ',')
			}
			e.value(v.Index(i), secret)
		}
		e.out = append(e.out, ']')
	case reflect.Map:
		e.out = append(e.out, '{')
		keys := make([]string, 0, v.Len())
		for _, k := range v.MapKeys() {
			keys = append(keys, k.String())
		}
		slices.Sort(keys)
		for i, k := range keys {
			if i > 0 {
				e.out = append(e.out, ',')
			}
			e.text(k)
			e.out = append(e.out, ':')
			e.value(v.MapIndex(reflect.ValueOf(k)), secret)
		}
		e.out = append(e.out, '}')
	case reflect.String:
		// A reference to a secret says where it is kept, which is what a reader of a configuration
		// wants to know.
		if secret && e.redact && v.Len() > 0 && !strings.HasPrefix(v.String(), "secret:") {
			e.text(Redacted)
		} else {
			e.text(v.String())
		}
	case reflect.Bool:
		e.out = strconv.AppendBool(e.out, v.Bool())
	case reflect.Int, reflect.Int64:
		e.out = strconv.AppendInt(e.out, v.Int(), 10)
	case reflect.Float64:
		e.out = strconv.AppendFloat(e.out, v.Float(), 'g', -1, 64)
	default:
		panic(fmt.Sprintf(
			"config: the document has a field of a kind that the encoder does not know: %s",
			v.Type()))
	}
}

// structure leaves out what is absent: nil pointers, empty lists and empty texts.
func (e *encoder) structure(v reflect.Value) {
	if e.sum != nil && len(e.out) > 16<<10 {
		e.sum.Write(e.out)
		e.out = e.out[:0]
	}
	e.out = append(e.out, '{')
	first := true
	for _, f := range e.cache.Of(v.Type()).List {
		fv := v.Field(f.Index)
		switch fv.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			if fv.IsNil() ||
				fv.Kind() != reflect.Pointer && fv.Len() == 0 && !emptyCounts(v.Type(), f) {
				continue
			}
		case reflect.String:
			if fv.Len() == 0 {
				continue
			}
		}
		if !first {
			e.out = append(e.out, ',')
		}
		first = false
		e.text(f.Key)
		e.out = append(e.out, ':')
		if f.Alone && fv.Len() == 1 && fv.Type().Elem().Kind() == reflect.Struct {
			fv = fv.Index(0) // as most people write it
		}
		e.value(fv, f.Secret)
	}
	e.out = append(e.out, '}')
}

// emptyCounts says whether an empty list differs from an absent one, which it does where the
// default is not empty, and where the one has to be said.
func emptyCounts(in reflect.Type, f tags.Field) bool {
	return f.Key == "routes" || Fresh(in).Field(f.Index).Len() > 0
}
