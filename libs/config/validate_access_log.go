package config

import (
	"errors"
	"fmt"
	"strings"

	filesystem "github.com/gatewayhomebrew/gateway/libs/files"
)

// mostQueryName is the longest name of a query whose value is left out of the log: it is compared
// with those of each request.
const mostQueryName = 60

// accessLog says what would keep the log's file from being opened, and what could not be left out.
func (v *validator) accessLog() {
	log := &v.doc.AccessLog
	switch output := v.value(log.Output); output {
	case "":
		v.add("access_log.output", CodeValue, "the output is empty",
			"write stdout, stderr, off or the path of a file")
	case OutputStdout, OutputStderr, OutputOff:
	default:
		if err := v.checkLog(output); err != nil {
			v.wrong("access_log.output", CodeFile, log.Output,
				fmt.Errorf("can't be written to: %w", withoutPath(err)),
				"write stdout, stderr, off or the path of a file in a folder that is there")
		}
	}
	at := block("access_log")
	v.once("redact.query", log.Redact.Query, at)
	v.once("redact.fields", log.Redact.Fields, at)
	for i, name := range log.Redact.Query {
		var wrong error
		switch value := v.value(name); {
		case value == "":
			wrong = errors.New("is empty")
		case len(value) > mostQueryName:
			wrong = fmt.Errorf("is longer than %d bytes", mostQueryName)
		case strings.ContainsAny(value, "=&;?[].+% "):
			wrong = errors.New("is more than the name of a parameter")
		default:
			continue
		}
		v.wrong(at.item("redact.query", i).String(), CodeValue, name, wrong,
			"write the name alone: token")
	}
}

// checkLog looks at the file of the log, unless it is another machine's.
func (v *validator) checkLog(path string) error {
	if v.options.Elsewhere {
		return nil
	}
	return filesystem.CheckLog(path)
}

// QueriesWithSecrets are the names of the query in which authenticators expect a credential.
func (d *Document) QueriesWithSecrets() (names []string) {
	if d.Auth == nil {
		return nil
	}
	add := func(place string) {
		if c, err := ParseCarrier(d.Secret(place)); err == nil && c.Kind == InQuery {
			names = append(names, c.Name)
		}
	}
	for i := range d.Auth.APIKeys {
		add(d.Auth.APIKeys[i].In)
	}
	for i := range d.Auth.JWT {
		for _, place := range d.Auth.JWT[i].From {
			add(place)
		}
	}
	return names
}
