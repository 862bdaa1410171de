// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
)

// A page that came before takes no decoding, and is never a view of the buffer that the next one is
// read into.
func TestKnownPages(t *testing.T) { //nolint:paralleltest // counts allocations
	page := benchmarkPage(0)
	var known knownPages
	if _, _, err := known.decode(page); err != nil {
		t.Fatal(err)
	}
	if allocations := testing.AllocsPerRun(10, func() { _, _, _ = known.decode(page) }); allocations > 0 {
		t.Errorf("a known page takes %v allocations", allocations)
	}
	for i := range page {
		page[i] = 'x'
	}
	again, count, err := known.decode(benchmarkPage(0))
	if err != nil || count != 20_000 || len(again) != pageLimit || again[0].account.Value().Name != "user.000000" {
		t.Errorf("%d records of %d: %v", len(again), count, err)
	}
}

// What can't be read is not remembered.
func TestUnreadablePagesAreNotRemembered(t *testing.T) {
	t.Parallel()
	var known knownPages
	for _, page := range []string{`{}`, `null`, `[]`, ``, `<html>`, `{"count":1,"items":[null]}`, `{"count":1,"items":[{"account":" "}]}`, `{"count":1,"items":[{"account":"a"}]} x`} {
		for range 2 {
			if records, count, err := known.decode([]byte(page)); err == nil {
				t.Errorf("%q: %v, %d", page, records, count)
			}
		}
	}
	if len(known.byHash) > 0 {
		t.Errorf("%d pages are remembered", len(known.byHash))
	}
}

func FuzzKnownPages(f *testing.F) {
	for _, page := range []string{
		`{"count":2,"items":[{"account":"a","domain":"d","account_type":"SIMPLE","platform_type":"AD"},{"account":"b","account_type":"USER_GROUP"}]}`,
		`{"count":1,"items":[{"account":"\u00e9\ud800"}]}`, `{"items":[{"account":"a"}]}`, `{"count":"1","items":[]}`, `<html>`,
	} {
		f.Add([]byte(page))
	}
	f.Fuzz(func(t *testing.T, page []byte) {
		want, count, err := decodeAuthorizations(page)
		var known knownPages
		for range 2 {
			got, n, again := known.decode(slices.Clone(page))
			if (err == nil) != (again == nil) || err == nil && (n != count || !slices.Equal(got, want)) {
				t.Fatalf("%q: %v, %d, %v; want %v, %d, %v", page, got, n, again, want, count, err)
			}
		}
	})
}

// benchmarkPage is page i of a long list.
func benchmarkPage(i int) []byte {
	items := make([]accountInfo, pageLimit)
	for j := range items {
		items[j] = accountInfo{Account: fmt.Sprintf("user.%06d", i*pageLimit+j), Domain: "corp.example.com", AccountType: "SIMPLE", PlatformType: "AD"}
	}
	page, err := json.Marshal(map[string]any{"count": 20_000, "items": items})
	if err != nil {
		panic(err) // a struct of strings
	}
	return page
}

func BenchmarkDecodePage(b *testing.B) {
	page := benchmarkPage(7)
	for name, decode := range map[string]func([]byte) ([]authorization, int, error){"plain": decodeAuthorizations, "known": new(knownPages).decode} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(page)))
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := decode(page); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
