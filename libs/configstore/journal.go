package configstore

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"strconv"
)

// Entries lie in the journal's file one to a line: the number, the CRC-32C of number and text in
// hexadecimal, the text. So a person can read it, and a line that was half written when the machine
// went down is found.

func appendLine(dst []byte, number uint64, entry []byte) []byte {
	start := len(dst)
	dst = strconv.AppendUint(dst, number, 10)
	sum := crc32.Update(crc32.Checksum(dst[start:], castagnoli()), castagnoli(), entry)
	dst = fmt.Appendf(dst, " %08x ", sum)
	dst = append(dst, entry...)
	return append(dst, '\n')
}

// castagnoli is the table of the checksums; the library makes it once.
func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// parseLine reads a line without its end.
func parseLine(line []byte) (number uint64, entry []byte, ok bool) {
	digits, rest, ok := bytes.Cut(line, []byte(" "))
	if !ok || len(digits) > 20 || len(rest) < 9 || rest[8] != ' ' {
		return 0, nil, false
	}
	number, err := strconv.ParseUint(string(digits), 10, 64)
	if err != nil {
		return 0, nil, false
	}
	sum, err := strconv.ParseUint(string(rest[:8]), 16, 32)
	if err != nil {
		return 0, nil, false
	}
	entry = rest[9:]
	if bytes.ContainsAny(rest[:8], "ABCDEF") { // so not as it was written
		return 0, nil, false
	}
	if crc32.Update(crc32.Checksum(digits, castagnoli()), castagnoli(), entry) != uint32(sum) {
		return 0, nil, false
	}
	return number, entry, true
}

// parseJournal returns the entries of a journal and how many bytes of it they are. What follows
// them is the rest of a line that was not written to its end: each was on disk before the next
// began, so only the last can be such. A good line after a bad one is damage, and an error: taking
// the part before it for the whole would make up another history.
func parseJournal(data []byte) (entries [][]byte, good int, err error) {
	for good < len(data) {
		end := bytes.IndexByte(data[good:], '\n')
		if end < 0 {
			return entries, good, nil
		}
		number, entry, ok := parseLine(data[good : good+end])
		if !ok || number != uint64(len(entries))+1 {
			if ok || anyGood(data[good+end+1:]) {
				return nil, 0,
					fmt.Errorf("%w: line %d of the journal, at byte %d, is not what was written",
						ErrDamaged, len(entries)+1, good)
			}
			return entries, good, nil
		}
		entries = append(entries, bytes.Clone(entry))
		good += end + 1
	}
	return entries, good, nil
}

func anyGood(data []byte) bool {
	for line := range bytes.SplitSeq(data, []byte("\n")) {
		if _, _, ok := parseLine(line); ok {
			return true
		}
	}
	return false
}
