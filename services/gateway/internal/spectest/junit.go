package spectest

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// The schemas of JUnit's reports differ. What is written here has the attributes that the one of
// Ant (JUnit.xsd) asks for and the one of Jenkins (junit-10.xsd) allows, in the order of both.
type suites struct {
	XMLName xml.Name `xml:"testsuites"`
	Suite   suite    `xml:"testsuite"`
}

type suite struct {
	ID        int        `xml:"id,attr"`
	Package   string     `xml:"package,attr"`
	Name      string     `xml:"name,attr"`
	Timestamp string     `xml:"timestamp,attr"`
	Hostname  string     `xml:"hostname,attr"`
	Tests     int        `xml:"tests,attr"`
	Failures  int        `xml:"failures,attr"`
	Errors    int        `xml:"errors,attr"`
	Skipped   int        `xml:"skipped,attr"`
	Time      string     `xml:"time,attr"`
	Digest    []property `xml:"properties>property"`
	Cases     []testcase `xml:"testcase"`
	Out       string     `xml:"system-out"`
	Err       string     `xml:"system-err"`
}

type property struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type testcase struct {
	Class   string  `xml:"classname,attr"`
	Name    string  `xml:"name,attr"`
	Time    string  `xml:"time,attr"`
	Skipped *reason `xml:"skipped"`
	Error   *reason `xml:"error"`
	Failure *reason `xml:"failure"`
}

type reason struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"` // of a failure and of an error
	Text    string `xml:",chardata"`
}

// JUnit writes the report as JUnit has it, which CI systems read.
func (r *Report) JUnit(w io.Writer) error {
	s := suite{
		Package: "openapi", Hostname: cmp.Or(r.Host, "localhost"),
		Timestamp: r.Start.UTC().Format("2006-01-02T15:04:05"), // without a zone, as it has to be
		Name:      r.Title, Tests: len(r.Results), Failures: r.Failed, Errors: r.Errors,
		Skipped: r.Skipped, Time: fmt.Sprintf("%.3f", r.Duration.Seconds()),
		Digest: []property{{"contract.digest", r.Digest}},
	}
	for i := range r.Results {
		one := &r.Results[i]
		c := testcase{
			Class: r.Title, Name: one.Request, Time: fmt.Sprintf("%.3f", one.DurationMS/1000),
		}
		if one.Operation != "" && !strings.HasPrefix(one.Request, one.Operation) {
			c.Name = one.Operation + ": " + one.Request
		}
		switch one.Result {
		case Failed:
			var lines []string
			for _, v := range one.Violations {
				lines = append(lines, said(v))
			}
			c.Failure = &reason{
				Type: "contract", Message: fmt.Sprintf("status %d: %s", one.Status, lines[0]),
				Text: strings.Join(lines, "\n"),
			}
		case Error:
			c.Error = &reason{Type: "error", Message: one.Reason}
		case Skipped:
			c.Skipped = &reason{Message: one.Reason}
		}
		s.Cases = append(s.Cases, c)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(suites{Suite: s}); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
