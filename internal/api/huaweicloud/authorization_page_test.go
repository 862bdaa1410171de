// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// pages are answers of all kinds, plain or not.
var pages = []string{
	`{"count":2,"items":[{"account":"a","domain":"d","account_type":"SIMPLE","platform_type":"AD"},{"account":"b","account_type":"USER_GROUP"}]}`,
	` { "items" : [ { "account" : "a{}[]\\" , "domain":null } ] , "count" : 1 } `,
	`{"count":0,"items":[]}`,
	`{"count":1,"items":[{"account":"a \"b\" 一","account":"twice","Domain":"case","extra":1}]}`,
	`{"count":1,"items":[{"account":"\u00e9\ud800"}]}`,
	"{\"count\":1,\"items\":[{\"account\":\"\xff\"}]}",
	// Not plain.
	`{"count":1}`, `{"items":[{"account":"a"}]}`, `{}`, `null`, `[]`, ``, `<html>`, `{"count":1,"items":null}`, `{"count":null,"items":[]}`,
	`{"count":-1,"items":[]}`, `{"count":1.5,"items":[]}`, `{"count":01,"items":[]}`, `{"count":12345678901234567890,"items":[]}`, `{"count":"1","items":[]}`,
	`{"count":1,"items":[null]}`, `{"count":1,"items":[{"account":" "}]}`, `{"count":1,"items":[{"account":"a","nested":{}}]}`,
	`{"count":1,"items":[{"account":"a"}],"next":"x"}`, `{"count":1,"count":2,"items":[]}`, `{"Count":1,"items":[]}`,
	`{"count":1,"items":[{"account":"a"}]} x`, `{"count":1,"items":[{"account":"a"},]}`, `{"count":1,"items":[{"account":"a"}],}`,
	`{"count":1,"items":[{"account":"a}]}`, `{"count":1,"items":[{"account":"a"`, `{"count":1,"items":[{account:"a"}]}`, `{"count":1,"items":[{"account":"\"}]}`,
	`{"count":1,"items":[1]}`, `{"count":1 "items":[]}`, `{"count":,"items":[]}`, `{"count":1,"items":[{"account":"a"} {"account":"b"}]}`,
}

// reading is what a decoder makes of a page.
type reading struct {
	Records []string
	Count   int
	Err     string
}

func readingOf(records []authorization, count int, err error) reading {
	r := reading{Count: count}
	if err != nil {
		return reading{Err: err.Error()}
	}
	for _, record := range records {
		r.Records = append(r.Records, fmt.Sprintf("%+v %q", record.account.Value(), record.platform))
	}
	return r
}

// checkKnown holds the remembering decoder against the plain one, the first time and when it remembers.
func checkKnown(t *testing.T, page []byte) {
	t.Helper()
	want := readingOf(decodeAuthorizations(page))
	var known knownRecords
	for _, when := range []string{"first", "again"} {
		if diff := cmp.Diff(want, readingOf(known.decode(slices.Clone(page)))); diff != "" {
			t.Errorf("%s: %q: -plain +remembering\n%s", when, page, diff)
		}
	}
}

func TestKnownRecords(t *testing.T) {
	t.Parallel()
	for _, page := range pages {
		checkKnown(t, []byte(page))
	}
}

func FuzzKnownRecords(f *testing.F) {
	for _, page := range pages {
		f.Add([]byte(page))
	}
	f.Fuzz(checkKnown)
}

// What the service sends must take the short way, or a refresh costs several times as much and nobody knows why. Not
// parallel: it counts allocations.
func TestPlainPagesAreRemembered(t *testing.T) { //nolint:paralleltest // counts allocations
	page := benchmarkPage(0)
	var known knownRecords
	for range 2 {
		if _, _, err := known.decode(page); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(known.byText); n != pageLimit {
		t.Fatalf("%d records are remembered, want %d", n, pageLimit)
	}
	if allocations := testing.AllocsPerRun(10, func() { _, _, _ = known.decode(page) }); allocations > 0 {
		t.Errorf("a known page takes %v allocations", allocations)
	}
	unknown := func() { clear(known.pages); _, _, _ = known.decode(page) }
	if allocations := testing.AllocsPerRun(10, unknown); allocations > 5 {
		t.Errorf("a page of known records takes %v allocations", allocations)
	}
	// What is remembered must not be a view of a buffer that the next page is read into.
	for i := range page {
		page[i] = 'x'
	}
	clear(known.pages)
	again, _, err := known.decode(benchmarkPage(0))
	if err != nil || again[0].account.Value().Name != "user.000000" {
		t.Errorf("a remembered record changed with the buffer: %v, %v", again[0].account.Value(), err)
	}
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
	var known knownRecords
	for name, decode := range map[string]func([]byte) ([]authorization, int, error){
		"plain": decodeAuthorizations, "known": new(knownRecords).decode,
		"records": func(b []byte) ([]authorization, int, error) { clear(known.pages); return known.decode(b) },
	} {
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
