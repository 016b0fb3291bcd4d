package config

import "time"

// Upgrade says how another binary takes the place of the one that runs.
type Upgrade struct {
	// Binary is the file of the next binary; "": the one that this process was started by.
	Binary string `config:"binary,file"`
	// Timeout is how long the next process has from its start until it is ready.
	Timeout time.Duration `config:"timeout,positive"`
	// Trial is how long the next process is watched before it is on its own.
	Trial time.Duration `config:"trial,positive"`
}

func (Upgrade) keyTexts() texts {
	return texts{
		"binary": "The file that is started. Absent: the file that the " +
			"process was started by, where a newer one may lie by now.",
		"timeout": "How long the new process may take from its start until it is ready.",
		"trial": "How long the new process is watched: for the first half it has to live and " +
			"takes no clients yet, in the second half both processes take them. If it ends " +
			"in that time, the old one goes on.",
	}
}

func (u *Upgrade) setDefaults() {
	*u = Upgrade{Timeout: DefaultUpgradeTimeout, Trial: DefaultUpgradeTrial}
}

// Upgrades says how another binary takes the place of the one that runs, with the defaults where
// the document says nothing.
func (d *Document) Upgrades() Upgrade {
	if d.Upgrade != nil {
		return *d.Upgrade
	}
	var u Upgrade
	u.setDefaults()
	return u
}

// SameDocument says whether a document is the one that another program has written with Canonical.
// The two may be of different versions, of which one knows keys that the other does not: these have
// to have their defaults.
func SameDocument(d *Document, canonical []byte) bool {
	other, ps := Options{Elsewhere: true}.Decode("the document in force", canonical)
	return ps.Err() == nil && other != nil && Digest(other) == Digest(d)
}

// Kept makes an Input that was read already.
func Kept(data []byte) *Input {
	in := new(Input)
	in.once.Do(func() { in.data = data })
	return in
}
