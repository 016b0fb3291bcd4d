package compress

import (
	"bytes"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/http1"
)

// kinds are the media types whose bodies are coded.
type kinds struct {
	exact    map[string]bool // type/subtype
	prefixes []string        // type/ of type/*; "" of */*
	suffixes []string        // +xml of */*+xml, type/ and +xml of type/*+xml
}

func newKinds(types []string) kinds {
	k := kinds{exact: make(map[string]bool)}
	for _, t := range types {
		t = strings.ToLower(t)
		major, minor, _ := strings.Cut(t, "/")
		switch {
		case t == "*/*":
			k.prefixes = append(k.prefixes, "")
		case minor == "*":
			k.prefixes = append(k.prefixes, major+"/")
		case strings.HasPrefix(minor, "*+"):
			k.suffixes = append(k.suffixes, t)
		default:
			k.exact[t] = true
		}
	}
	return k
}

// most is the longest type that is looked at. None is as long.
const most = 128

// has reports whether a Content-Type is one of the kinds. It allocates nothing.
func (k *kinds) has(contentType []byte) bool {
	kind, ok := lowered(contentType)
	if !ok {
		return false
	}
	name := kind[:]
	if i := bytes.IndexByte(name, 0); i >= 0 {
		name = name[:i]
	}
	if k.exact[string(name)] {
		return true
	}
	for _, p := range k.prefixes {
		if len(name) > len(p) && string(name[:len(p)]) == p {
			return true
		}
	}
	for _, s := range k.suffixes {
		major, end, _ := strings.Cut(s, "*")
		if len(name) > len(s)-1 && string(name[:len(major)]) == major &&
			string(name[len(name)-len(end):]) == end {
			return true
		}
	}
	return false
}

// lowered is the type and subtype of a Content-Type in lower case, ended by a zero.
func lowered(contentType []byte) (kind [most + 1]byte, ok bool) {
	name, _ := http1.CutMember(contentType, ';')
	name = bytes.Trim(name, " \t")
	if len(name) == 0 || len(name) > most {
		return kind, false
	}
	for i, c := range name {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		kind[i] = c
	}
	return kind, true
}

// begins reports whether a Content-Type begins with a text in lower case.
func begins(contentType []byte, text string) bool {
	return len(contentType) >= len(text) && http1.EqualFold(contentType[:len(text)], text)
}
