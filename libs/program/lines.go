package program

import (
	"fmt"
	"io"
	"strings"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// Lines are the lines that a program prints at its start, for a person and for scripts. They are
// printed whatever the level of the log is: who starts a program on port 0 learns the port there.
type Lines interface {
	// Address says where something can be reached: ("listener public", "http://127.0.0.1:80").
	Address(what, url string)
	// Note says something else in a sentence.
	Note(text string)
}

// URL is how an address that speaks a protocol is written: a URL, or unix:PATH as it is, which has
// none.
func URL(scheme, address string) string {
	if strings.HasPrefix(address, config.UnixScheme) {
		return address
	}
	return scheme + "://" + address
}

// NewLines makes lines that begin with the name of the program. In the JSON format each is an
// object like those of the log; an address has fields of its own.
func NewLines(name string, out io.Writer, format string) Lines {
	if format == JSON {
		return objects{newLogger(out, JSON, logrus.InfoLevel)}
	}
	return plain{name, out}
}

type plain struct {
	name string
	out  io.Writer
}

func (p plain) Address(what, url string) { p.Note(what + ": " + url) }
func (p plain) Note(text string)         { fmt.Fprintf(p.out, "%s: %s\n", p.name, text) }

type objects struct{ log *logrus.Logger }

func (o objects) Address(what, url string) {
	o.log.WithFields(logrus.Fields{"what": what, "address": url}).Info(what + ": " + url)
}

func (o objects) Note(text string) { o.log.Info(text) }
