// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package wire_test

import (
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

type inner struct {
	A string `json:"a"`
}

type sample struct {
	inner
	B      int              `json:"b,omitempty"`
	List   []inner          `json:"list"`
	Map    map[string]inner `json:"map"`
	Ptr    *inner           `json:"ptr"`
	Any    any              `json:"any"`
	Raw    json.RawMessage  `json:"raw"`
	Fault  wire.Fault       `json:"fault"`
	Hidden string           `json:"-"`
	Plain  string
}

func TestDecodeStrict(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"a":"x","b":1,"list":[{"a":"y"}],"map":{"k":{"a":"z"}},"ptr":{"a":"p"},"any":{"x":[{"y":1}]},"raw":{"q":1},"Plain":"v"}`: "",
		`null`:                         "",
		`{"B":1}`:                      `unknown field "B"`,
		`{"b":1,"b":2}`:                `key "b" stands twice`,
		`{"list":[{"x":1}]}`:           `unknown field "list[].x"`,
		`{"map":{"k":{"a":"","A":1}}}`: `unknown field "map.k.A"`,
		`{"ptr":{"b":1}}`:              `unknown field "ptr.b"`,
		`{"-":"x"}`:                    `unknown field "-"`,
		`{"Hidden":"x"}`:               `unknown field "Hidden"`,
		`{"inner":{}}`:                 `unknown field "inner"`,
		`{"fault":{"kin":"x"}}`:        `unknown field "kin"`,
		`{"b":"1"}`:                    "cannot unmarshal",
		`{"b":1} `:                     "",
		`{"b":1},`:                     "text after",
		`{"b":1`:                       "EOF",
		``:                             "no JSON value",
		"{\"a\":\"\xff\"}":             "not UTF-8",
	} {
		err := wire.DecodeStrict([]byte(text), new(sample))
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", text, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: error %v, want one with %q", text, err, want)
		}
	}
}

func FuzzDecodeStrict(f *testing.F) {
	for _, seed := range []string{`{"a":"x","list":[{"a":"y"}]}`, `[[[`, `{"map":{"k":null}}`, `{"fault":{"kind":"slow","delay":"1s"}}`, "\xff", `1e999`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var got, lenient sample
		if wire.DecodeStrict([]byte(text), &got) != nil {
			return
		}
		if err := json.Unmarshal([]byte(text), &lenient); err != nil {
			t.Errorf("%q is taken, but is no JSON: %v", text, err)
		}
		_ = wire.FindNull([]byte(text))
	})
}

func TestFindNull(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"a":1}`: "", `null`: "the body", `{"a":null}`: "a", `{"a":[1,{"b":null}]}`: "a[].b", `[[null]]`: "[][]", `{"a":"null"}`: "", `{`: "", `{"a":{"b":{}},"c":null}`: "c",
	} {
		if got := wire.FindNull([]byte(text)); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestWriteJSON(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	wire.WriteJSON(w, http.StatusCreated, map[string]string{"a": "<&>"})
	if w.Code != 201 || w.Body.String() != `{"a":"<&>"}` || w.Header().Get("Content-Type") != "application/json;charset=UTF-8" {
		t.Errorf("%d %s %v", w.Code, w.Body, w.Header())
	}
	w = httptest.NewRecorder()
	w.Header().Set("Content-Type", "text/html")
	wire.WriteJSON(w, http.StatusOK, 1)
	if w.Header().Get("Content-Type") != "text/html" {
		t.Error("the content type was replaced")
	}
	w = httptest.NewRecorder()
	if wire.WriteJSON(w, http.StatusOK, math.NaN()); w.Code != 500 {
		t.Errorf("NaN is answered %d", w.Code)
	}
}

type position string

type switches struct {
	Word  position `json:"word,omitempty" positions:"one,two" doc:"A word."`
	Flag  bool     `json:"flag" doc:"A flag."`
	Count int      `json:"count" doc:"A number."`
}

func TestSwitches(t *testing.T) {
	t.Parallel()
	s := switches{}
	want := []wire.Switch{
		{Name: "word", Positions: []string{"one", "two"}, Value: "one", Doc: "A word."},
		{Name: "flag", Positions: []string{"false", "true"}, Value: "false", Doc: "A flag."},
		{Name: "count", Positions: []string{"0", "n"}, Value: "0", Doc: "A number."},
	}
	if diff := cmp.Diff(want, wire.DescribeSwitches(&s)); diff != "" {
		t.Error(diff)
	}
	for _, set := range [][2]string{{"word", "two"}, {"flag", "true"}, {"count", "7"}} {
		if err := wire.SetSwitch(&s, set[0], set[1]); err != nil {
			t.Error(err)
		}
	}
	if s != (switches{"two", true, 7}) {
		t.Errorf("%+v", s)
	}
	for set, want := range map[[2]string]string{
		{"word", "three"}: "it has one, two", {"flag", "maybe"}: "true or false", {"count", "-1"}: "a number", {"other", "x"}: "there are word, flag, count",
	} {
		if err := wire.SetSwitch(&s, set[0], set[1]); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", set, err)
		}
	}
	if s != (switches{"two", true, 7}) {
		t.Errorf("a refused position changed %+v", s)
	}
}
