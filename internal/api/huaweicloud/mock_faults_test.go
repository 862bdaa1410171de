// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud_test

import (
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/hostile"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// ok is success with the whole truth.
const ok = ""

// struck says what becomes of a call that a fault strikes once, and of one that it strikes every
// time.
type struck struct {
	once, always string // ok, or what the error says
	sends        int    // how often the first request is sent when it fails every time; 0: any number
}

var (
	listFaults = map[wire.FaultKind]struck{
		wire.Throttle:            {ok, "APIGW.0308", 6},
		wire.ServerError:         {ok, "WKS.00211401", 6},
		wire.Unavailable:         {ok, `503 Service Unavailable: answered with an HTML page ("503 Service Unavailable")`, 6},
		wire.Slow:                {ok, ok, 0},
		wire.ResetBefore:         {ok, "request to 127.0.0.1", 0},
		wire.ResetAfter:          {ok, "request to 127.0.0.1", 0},
		wire.Truncated:           {ok, "unexpected EOF", 6},
		wire.Half:                {ok, "cut off or damaged", 6},
		wire.HTML:                {ok, `answered HTML instead of JSON ("200 OK")`, 6},
		wire.Hook:                {ok, ok, 0},
		mock.PartialBatch:        {ok, ok, 0},
		mock.IgnoredWrite:        {ok, ok, 0},
		mock.Unauthorized:        {"APIGW.0301", "APIGW.0301", 1},
		mock.TokenExpired:        {"APIGW.0307", "APIGW.0307", 1},
		mock.Forbidden:           {"workspace:appcenter:list", "workspace:appcenter:list", 1},
		mock.UnavailableJSON:     {ok, "WKS.00050902", 6},
		mock.EndlessPages:        {"more than 500000 can't be handled", "more than 500000 can't be handled", 1},
		mock.RepeatingPages:      {ok, "keep changing", 0},
		mock.OverlappingPages:    {ok, ok, 0},
		mock.ShortPages:          {ok, ok, 0},
		mock.CountHigh:           {ok, "keep changing", 0},
		mock.CountLow:            {ok, ok, 0},
		mock.CountNegative:       {ok, ok, 0},
		mock.MissingItems:        {ok, "neither count nor items", 6},
		hostile.Redirect:         {"redirected to http", "redirected to http", 1},
		hostile.GiantBody:        {"longer than 4194304 bytes", "longer than 4194304 bytes", 1},
		hostile.GiantString:      {"longer than 4194304 bytes", "longer than 4194304 bytes", 1},
		hostile.NullBody:         {ok, "neither count nor items", 6},
		hostile.DeepBody:         {ok, "cut off or damaged", 6},
		hostile.Nulls:            {"entry 1 of the list has no", "entry 1 of the list has no", 1},
		hostile.WrongTypes:       {"JSON of an unexpected shape", "JSON of an unexpected shape", 1},
		hostile.InvalidUTF8:      {"not valid UTF-8", "not valid UTF-8", 1},
		hostile.UnknownEnum:      {"", "", 0},
		hostile.WrongContentType: {ok, ok, 0},
		mock.OpenAfter:           {ok, ok, 0}, // another application here
		mock.CloseAfter:          {ok, ok, 0},
	}
	writeFaults = map[wire.FaultKind]struck{
		wire.Throttle:            {ok, "APIGW.0308", 6},
		wire.ServerError:         {ok, "WKS.00211401", 6},
		wire.Unavailable:         {ok, "503 Service Unavailable", 6},
		wire.Slow:                {ok, ok, 0},
		wire.ResetBefore:         {ok, "request to 127.0.0.1", 6},
		wire.ResetAfter:          {ok, "request to 127.0.0.1", 6},
		wire.Truncated:           {ok, "unexpected EOF", 6},
		wire.Half:                {ok, ok, 0},
		wire.HTML:                {ok, "answered HTML instead of JSON", 6},
		wire.Hook:                {ok, ok, 0},
		mock.PartialBatch:        {ok, "WKS.00211401", 6},
		mock.Unauthorized:        {"APIGW.0301", "APIGW.0301", 1},
		mock.TokenExpired:        {"APIGW.0307", "APIGW.0307", 1},
		mock.Forbidden:           {"batchUpdateAppAuthorizations", "batchUpdateAppAuthorizations", 1},
		mock.UnavailableJSON:     {ok, "WKS.00050902", 6},
		hostile.Redirect:         {"redirected to http", "redirected to http", 1},
		hostile.GiantBody:        {"longer than 1048576 bytes", "longer than 1048576 bytes", 1},
		hostile.GiantString:      {"longer than 1048576 bytes", "longer than 1048576 bytes", 1},
		hostile.DeepBody:         {ok, "cut off or damaged", 6},
		hostile.WrongContentType: {ok, ok, 0},
	}
	// silentWrites are answered 200 though nothing is done: only a look at the list shows it.
	silentWrites = []wire.FaultKind{mock.IgnoredWrite, hostile.NullBody, hostile.Nulls, hostile.WrongTypes, hostile.InvalidUTF8, hostile.UnknownEnum}
	// notWrites are faults of lists only.
	notWrites = []wire.FaultKind{
		mock.EndlessPages, mock.RepeatingPages, mock.OverlappingPages, mock.ShortPages, mock.CountHigh, mock.CountLow, mock.CountNegative, mock.MissingItems,
		mock.OpenAfter, mock.CloseAfter,
	}
)

// everyFault gives all kinds that the mock can play, but for Status, which plays whatever it is
// told.
func everyFault() []wire.FaultKind {
	kinds := []wire.FaultKind{
		wire.Throttle, wire.ServerError, wire.Unavailable, wire.Slow, wire.ResetBefore, wire.ResetAfter, wire.Truncated, wire.Half, wire.HTML, wire.Hook,
	}
	for _, doc := range mock.FaultKinds {
		kinds = append(kinds, doc.Kind)
	}
	return kinds
}

// play gives a mock that a fault strikes, and the counter of a host that nobody may be led to.
func play(t *testing.T, kind wire.FaultKind, times, after int) (*bench, *atomic.Int32) {
	t.Helper()
	led := &atomic.Int32{}
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { led.Add(1) }))
	t.Cleanup(other.Close)
	b := start(t, map[string]mock.App{cad: {Name: "CAD", Users: users(250)}, mail: {Name: "Mail"}})
	b.faults.Add(wire.Fault{Kind: kind, Times: times, After: after, Delay: time.Millisecond, Body: other.URL})
	return b, led
}

func (b *bench) check(err error, says string, f struck, always bool) {
	b.t.Helper()
	if says == ok && err != nil || says != ok && (err == nil || !strings.Contains(err.Error(), says)) {
		b.t.Errorf("%v, want %q", err, says)
	}
	if err != nil && (strings.Contains(err.Error(), "SK-of-the-test") || strings.Contains(err.Error(), "SDK-HMAC")) {
		b.t.Errorf("a secret is in %v", err)
	}
	if n := len(b.recorder.All()); always && says != ok && f.sends > 0 && n != f.sends {
		b.t.Errorf("%d requests, want %d", n, f.sends)
	} else if n > 200 {
		b.t.Errorf("%d requests", n)
	}
	b.noViolations()
}

// Under every fault a list of accounts is the truth or an error that says what happened, within
// bounds of requests and memory.
func TestEveryFaultOfLists(t *testing.T) {
	t.Parallel()
	for _, kind := range everyFault() {
		f, known := listFaults[kind]
		if !known {
			t.Errorf("no test says what a list does under %s", kind)
			continue
		}
		for name, tc := range map[string]struct {
			times, after int
			says         string
		}{"once": {1, 0, f.once}, "always": {0, 0, f.always}, "later": {1, 1, ok}} {
			t.Run(string(kind)+"/"+name, func(t *testing.T) {
				t.Parallel()
				b, led := play(t, kind, tc.times, tc.after)
				got, err := b.client.ListAuthorizations(t.Context(), cad)
				if name == "later" {
					// A page in the middle is struck. It is as when the first one is, or the list
					// is read again.
					if err == nil && kind != hostile.UnknownEnum && !slices.Equal(names(got), b.listed(cad)) {
						t.Errorf("%d accounts are a success", len(got))
					}
					if err != nil && f.once == ok && f.always == ok {
						t.Error(err)
					}
					return
				}
				b.check(err, tc.says, f, name == "always")
				switch {
				case err != nil:
				case kind == hostile.UnknownEnum:
					h := huaweicloud.Account{Type: "ROBOT", Domain: "local.com", Name: "robot"}.Handle()
					if len(got) != 1 || got[h] != "MAINFRAME" {
						t.Errorf("%v", got)
					}
				case !slices.Equal(names(got), b.listed(cad)):
					t.Errorf("%d accounts are a success", len(got))
				}
				if err != nil && !strings.Contains(err.Error(), "application "+cad) {
					t.Errorf("%v does not say which application", err)
				}
				if led.Load() != 0 {
					t.Errorf("%d requests followed a redirect", led.Load())
				}
			})
		}
	}
}

func TestEveryFaultOfListApps(t *testing.T) {
	t.Parallel()
	for _, kind := range everyFault() {
		f := listFaults[kind]
		for name, tc := range map[string]struct {
			times int
			says  string
		}{"once": {1, f.once}, "always": {0, f.always}} {
			t.Run(string(kind)+"/"+name, func(t *testing.T) {
				t.Parallel()
				b, led := play(t, kind, tc.times, 0)
				apps, err := b.client.Apps(t.Context())
				b.check(err, tc.says, f, name == "always")
				if err == nil && kind != hostile.UnknownEnum && len(apps) != 2 {
					t.Errorf("%d apps are a success", len(apps))
				}
				if kind == hostile.UnknownEnum && (len(apps) != 1 || apps["robot"].AuthorizationType != "SOME_USER") {
					t.Errorf("%v", apps)
				}
				if led.Load() != 0 {
					t.Errorf("%d requests followed a redirect", led.Load())
				}
			})
		}
	}
}

// Under every fault a write is done or an error, and never done by half without an error.
func TestEveryFaultOfWrites(t *testing.T) {
	t.Parallel()
	for _, kind := range everyFault() {
		f, known := writeFaults[kind]
		if !known && !slices.Contains(silentWrites, kind) && !slices.Contains(notWrites, kind) {
			t.Errorf("no test says what a write does under %s", kind)
		}
		for name, tc := range map[string]struct {
			times int
			says  string
		}{"once": {1, f.once}, "always": {0, f.always}} {
			t.Run(string(kind)+"/"+name, func(t *testing.T) {
				t.Parallel()
				b, led := play(t, kind, tc.times, 0)
				err := b.client.AssignAuthorizations(t.Context(), huaweicloud.Assignment{
					AppIDs: []string{cad, mail}, AuthorizationType: huaweicloud.AssignUser,
					Users: []huaweicloud.Authorization{user("newcomer")}, DelUsers: []huaweicloud.Authorization{user("user000000")},
				})
				b.check(err, tc.says, f, name == "always")
				done := slices.Contains(b.listed(cad), "local.com/newcomer") && slices.Contains(b.listed(mail), "local.com/newcomer") &&
					!slices.Contains(b.listed(cad), "local.com/user000000")
				if err == nil && done == slices.Contains(silentWrites, kind) {
					t.Errorf("a success; done: %v", done)
				}
				if err != nil && failure(t, err).Unsent != (kind == wire.Throttle) {
					t.Errorf("Unsent = %v: %v", failure(t, err).Unsent, err)
				}
				if led.Load() != 0 {
					t.Errorf("%d requests followed a redirect", led.Load())
				}
			})
		}
	}
}

func TestEveryFaultOfIAM(t *testing.T) {
	t.Parallel()
	for _, kind := range everyFault() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			b, led := play(t, kind, 0, 0)
			client := b.dial(func(c *huaweicloud.Config) { c.ProjectID = "" })
			id, err := client.ProjectID(t.Context())
			if err == nil && id != project {
				t.Errorf("project %q", id)
			}
			if err != nil && !strings.HasPrefix(err.Error(), "Huawei Cloud IAM: KeystoneListProjects: ") {
				t.Error(err)
			}
			if err == nil && slices.Contains([]wire.FaultKind{wire.Throttle, wire.HTML, hostile.Redirect, hostile.GiantBody, hostile.Nulls, hostile.NullBody}, kind) {
				t.Error("a success")
			}
			if led.Load() != 0 || len(b.recorder.All()) > 6 && kind != wire.ResetBefore && kind != wire.ResetAfter {
				t.Errorf("%d requests followed a redirect, %d in all", led.Load(), len(b.recorder.All()))
			}
		})
	}
}

// Answers of a gigabyte cost no memory. Not parallel: it measures.
func TestGiantAnswers(t *testing.T) { //nolint:paralleltest // measures memory
	for _, kind := range []wire.FaultKind{hostile.GiantBody, hostile.GiantString} {
		b := start(t, map[string]mock.App{cad: {Name: "CAD"}})
		b.faults.Add(wire.Fault{Kind: kind})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := b.client.ListAuthorizations(t.Context(), cad); err == nil {
			t.Error("a success")
		}
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20 {
			t.Errorf("%s: %d MiB were allocated", kind, used>>20)
		}
	}
}
