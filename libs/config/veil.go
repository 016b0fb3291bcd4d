package config

import (
	"maps"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// A Veil puts references in the place of the values of secrets, in texts that were made by others:
// the error of a library that names the address it was given. What the gateway itself says has the
// reference from the beginning; a Veil is for the rest, and not for the path of requests. A nil
// Veil changes nothing. Any goroutine may use one.
type Veil struct {
	values map[string]string // to what stands for them
	veiled *strings.Replacer
}

// leastVeiled is the length from which on a text is taken for the value of a secret wherever it
// comes: a shorter one, such as "off", is part of many words.
const leastVeiled = 8

// leastLine is the same for a line of a value that has several, such as a key in PEM form.
const leastLine = 16

// Veil returns what hides the values of the secrets of the document, nil if it has none.
func (d *Document) Veil() *Veil {
	values := make(map[string]string)
	hide := func(value, ref string) {
		if was, ok := values[value]; !ok || ref < was {
			values[value] = ref
		}
	}
	for ref, value := range d.secrets {
		trimmed := strings.Trim(strings.TrimSpace(value), `"'`)
		for _, v := range []string{value, trimmed, nameIn(trimmed)} {
			if len(v) >= leastVeiled {
				hide(v, ref)
			}
		}
		if lines := strings.Split(trimmed, "\n"); len(lines) > 1 {
			for _, line := range lines {
				line = strings.TrimSpace(line)
				if len(line) >= leastLine && !strings.HasPrefix(line, "-----") {
					hide(line, ref)
				}
			}
		}
	}
	return newVeil(values)
}

// hide puts references in the place of values in problems. Those who add problems leave values out
// already; this is for what they have missed.
func (d *Document) hide(ps Problems) {
	if len(ps) == 0 || len(d.secrets) == 0 {
		return
	}
	v := d.Veil()
	for i := range ps {
		ps[i].Message, ps[i].Hint = v.Text(ps[i].Message), v.Text(ps[i].Hint)
	}
}

// nameIn is the host of an address, "" if that is an IP or there is no address: libraries name it
// without the port. An IP alone is the address of clients as well.
func nameIn(address string) string {
	if !OnNetwork(address) {
		return ""
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return ""
	}
	if _, err := netip.ParseAddr(host); err == nil || host == "localhost" {
		return ""
	}
	return host
}

func newVeil(values map[string]string) *Veil {
	if len(values) == 0 {
		return nil
	}
	all := slices.SortedFunc(maps.Keys(values), func(a, b string) int {
		return len(b) - len(a) // one may be part of another
	})
	var pairs []string
	for _, v := range all {
		quoted := strconv.Quote(v) // as logs write what is not plain
		for _, form := range []string{v, quoted[1 : len(quoted)-1]} {
			pairs = append(pairs, form, values[v])
		}
	}
	return &Veil{values: values, veiled: strings.NewReplacer(pairs...)}
}

// Covers says whether a Veil hides all that another one does.
func (v *Veil) Covers(other *Veil) bool {
	if other == nil || v == other {
		return true
	}
	for value, ref := range other.values {
		if v == nil || v.values[value] != ref {
			return false
		}
	}
	return true
}

// And returns a Veil that hides what either of two does.
func (v *Veil) And(other *Veil) *Veil {
	switch {
	case v == nil || v == other:
		return other
	case other == nil:
		return v
	}
	values := maps.Clone(v.values)
	maps.Copy(values, other.values)
	return newVeil(values)
}

// Text returns a text with references in the place of values.
func (v *Veil) Text(s string) string {
	if v == nil {
		return s
	}
	return v.veiled.Replace(s)
}

// Error returns an error that is err and whose text has references in the place of values.
func (v *Veil) Error(err error) error {
	if v == nil || err == nil {
		return err
	}
	return veiled{err, v.Text(err.Error())}
}

type veiled struct {
	error
	text string
}

func (v veiled) Error() string { return v.text }
func (v veiled) Unwrap() error { return v.error }
