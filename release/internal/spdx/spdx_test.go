package spdx_test

import (
	"slices"
	"testing"

	"github.com/gatewayhomebrew/gateway/release/internal/spdx"
)

// The parts of licences by which they are told, broken into lines as files have them.
const (
	mit = `Permission is hereby granted, free of charge, to any person obtaining a copy of this
		software … THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND`
	bsd2 = `Redistribution and use in source and binary forms, with or without modification …
		THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS"`
	bsd3 = bsd2 + `
		Neither the name of the copyright holder nor the names of its contributors may be used to
		endorse or promote products derived from this software`
	apache = `Apache License
		Version 2.0, January 2004 … 3. Grant of Patent License. … 4. Redistribution.`
	patents = "Additional IP Rights Grant (Patents)\n\n\"This implementation\" means …"
)

func TestLicencesAreTold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text  string
		want  []string
		known bool
	}{
		{mit, []string{"MIT"}, true},
		{bsd2, []string{"BSD-2-Clause"}, true},
		{bsd3, []string{"BSD-3-Clause"}, true},
		{apache, []string{"Apache-2.0"}, true},
		{apache + "\n\n" + bsd3, []string{"Apache-2.0", "BSD-3-Clause"}, true},
		{patents, nil, true},
		{"All rights reserved.", nil, false},
		{"", nil, false},
	} {
		ids, known := spdx.Identify(c.text)
		if !slices.Equal(ids, c.want) || known != c.known {
			t.Errorf("%q: %q, %v, want %q, %v", c.text, ids, known, c.want, c.known)
		}
	}
}
