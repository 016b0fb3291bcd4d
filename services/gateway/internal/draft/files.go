package draft

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds of what is read, so that no file can keep the command busy for long.
const (
	MaxFileBytes = 1 << 20 // of one file
	MaxFiles     = 1000    // that a configuration is made of
	MaxTokens    = 500_000 // of all of them
	MaxDepth     = 64      // blocks in blocks
)

// SyntaxError says what is wrong with a file of the other product, and where.
type SyntaxError struct {
	Place
	Column  int // from 1; 0: not known
	Message string
}

// Error returns file:line:column: message.
func (e *SyntaxError) Error() string {
	at := e.Place.String()
	if e.Line > 0 && e.Column > 0 {
		at += ":" + strconv.Itoa(e.Column)
	}
	return at + ": " + printable(e.Message)
}

// Files reads the files of one configuration within the bounds.
type Files struct{ read int }

// Read returns the text of a regular file. Bytes that are no UTF-8 are replaced.
func (f *Files) Read(path string) (string, error) {
	if f.read++; f.read > MaxFiles {
		return "", fmt.Errorf("the configuration has more than %d files", MaxFiles)
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", err
	case info.IsDir():
		return "", &os.PathError{Op: "read", Path: path, Err: errors.New("is a folder")}
	case !info.Mode().IsRegular():
		return "", &os.PathError{Op: "read", Path: path, Err: errors.New("is no regular file")}
	}
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }()
	data, err := io.ReadAll(io.LimitReader(file, MaxFileBytes+1))
	switch {
	case err != nil:
		return "", err
	case len(data) > MaxFileBytes:
		return "", fmt.Errorf("%s has more than %d bytes", path, MaxFileBytes)
	}
	text := strings.TrimPrefix(string(data), "\ufeff")
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\ufffd")
	}
	return text, nil
}

// TLS gives a listener its certificates (lists of cert and key, as `listeners[].tls` has them) and
// other keys of tls. Certificates that are not on this machine are left out with a note, since the
// result could not be checked here; where none is left, or client_ca is not here, tls becomes a
// comment for the user to put in, and TLS returns false.
func (d *Draft) TLS(o *Object, at Place, what string, tls Map) bool {
	whole := flow(tls)
	missing := func(path any) string {
		if path, ok := path.(string); ok && !FileExists(d.On(path)) {
			return path
		}
		return ""
	}
	var here []Map
	gone := missing(tls.Get("client_ca"))
	lost := gone != ""
	for _, c := range items(tls.Get("certificates")) {
		m, _ := c.(Map)
		absent := ""
		for _, key := range []string{"cert", "key", "ocsp"} {
			if path := missing(m.Get(key)); absent == "" {
				absent = path
			}
		}
		if absent == "" {
			here = append(here, m)
		} else if gone == "" {
			gone = absent
		}
	}
	if lost || len(here) == 0 {
		d.LeftOut(at, what, gone+" is not on this machine; the listener "+o.Name+
			" has no TLS until you put in the `tls` that stands beside it")
		o.Beside = append(o.Beside, "put in when the files are there: tls: "+whole)
		return false
	}
	if gone != "" {
		d.LeftOut(at, what, gone+" is not on this machine; put it in when it is there: the "+
			"comment "+
			"beside the listener "+o.Name+" has all certificates")
		o.Beside = append(o.Beside, "with all certificates: tls: "+whole)
	}
	tls.Put("certificates", here)
	o.Keys.Set("tls", tls)
	return true
}

// FileExists says whether there is a regular file.
func FileExists(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
