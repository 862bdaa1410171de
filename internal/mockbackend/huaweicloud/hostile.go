// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/hostile"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// The service's own faults, besides those of package hostile. Those of lists strike ListApps and
// ListAppAuthorizations only, those of writes the two writes of authorizations; elsewhere they do
// nothing.
const (
	// PartialBatch carries out half of a write and answers 500.
	PartialBatch wire.FaultKind = "partial_batch"
	// IgnoredWrite answers 200 and does nothing.
	IgnoredWrite wire.FaultKind = "ignored_write"

	Unauthorized    wire.FaultKind = "unauthorized"
	TokenExpired    wire.FaultKind = "token_expired"
	Forbidden       wire.FaultKind = "forbidden"
	UnavailableJSON wire.FaultKind = "unavailable_json"

	// OpenAfter and CloseAfter change the mode of the apps in Body, or of all, once a list is read
	// and before its answer leaves, as somebody does between two reads.
	OpenAfter  wire.FaultKind = "open_after"
	CloseAfter wire.FaultKind = "close_after"

	// EndlessPages has a full page of accounts or apps that nobody has seen for every offset.
	EndlessPages wire.FaultKind = "endless_pages"
	// RepeatingPages answers every offset with the first page and promises more.
	RepeatingPages wire.FaultKind = "repeating_pages"
	// OverlappingPages begins every page with the last record of the one before.
	OverlappingPages wire.FaultKind = "overlapping_pages"
	// ShortPages sends at most half of the limit, though there is more.
	ShortPages    wire.FaultKind = "short_pages"
	CountHigh     wire.FaultKind = "count_high"
	CountLow      wire.FaultKind = "count_low"
	CountNegative wire.FaultKind = "count_negative"
	MissingItems  wire.FaultKind = "missing_items"
)

// FaultKinds describes the service's own faults.
var FaultKinds = slices.Concat([]wire.FaultDoc{
	{Kind: PartialBatch, Doc: "write: half of it is done, then 500"},
	{Kind: IgnoredWrite, Doc: "write: 200, but nothing is done"},
	{Kind: Unauthorized, Doc: "401 APIGW.0301; nothing is done"},
	{Kind: TokenExpired, Doc: "401 APIGW.0307; nothing is done"},
	{Kind: Forbidden, Doc: "403 WKS.00081102; nothing is done"},
	{Kind: UnavailableJSON, Doc: "503 WKS.00050902; nothing is done"},
	{Kind: OpenAfter, Doc: "list: right, and then the apps in body (ids with commas, or all) are opened to everybody"},
	{Kind: CloseAfter, Doc: "list: right, and then the apps in body (or all) are closed"},
	{Kind: EndlessPages, Doc: "list: pages never end"},
	{Kind: RepeatingPages, Doc: "list: every page is the first"},
	{Kind: OverlappingPages, Doc: "list: every page begins with the last record of the one before"},
	{Kind: ShortPages, Doc: "list: at most half of limit comes, though there is more"},
	{Kind: CountHigh, Doc: "list: count is too high"},
	{Kind: CountLow, Doc: "list: count is 0"},
	{Kind: CountNegative, Doc: "list: count is -1"},
	{Kind: MissingItems, Doc: "list: an empty object"},
}, hostile.FaultKinds)

var hostileLists = hostile.Bodies{
	Head:        `{"count":2147483647,"items":[`,
	Element:     `{"account":"giant","domain":"local.com","account_type":"SIMPLE","id":"giant","name":"giant"}`,
	Tail:        `]}`,
	TextHead:    `{"count":1,"items":[{"account_type":"SIMPLE","account":"`,
	TextTail:    `"}]}`,
	Nulls:       `{"count":null,"items":[null,{"account":null,"domain":null,"account_type":null,"platform_type":null,"id":null,"name":null,"authorization_type":null}]}`,
	WrongTypes:  `{"count":"many","items":{"account":1,"domain":[],"account_type":{},"platform_type":true,"id":7,"name":false}}`,
	InvalidUTF8: "{\"count\":1,\"items\":[{\"account\":\"\xff\xfe\",\"domain\":\"\xc3\x28.com\",\"account_type\":\"SIMPLE\",\"id\":\"\xff\",\"name\":\"\xff\",\"authorization_type\":\"ASSIGN_USER\"}]}",
	UnknownEnum: `{"count":1,"items":[{"account":"robot","domain":"local.com","account_type":"ROBOT","platform_type":"MAINFRAME","id":"robot","name":"robot","authorization_type":"SOME_USER","status":"ODD"}]}`,
}

var hostileProjects = hostile.Bodies{
	Head:        `{"links":{},"projects":[`,
	Element:     `{"id":"giant","name":"giant","enabled":true}`,
	Tail:        `]}`,
	TextHead:    `{"links":{},"projects":[{"name":"giant","id":"`,
	TextTail:    `"}]}`,
	Nulls:       `{"links":null,"projects":[null,{"id":null,"name":null,"enabled":null}]}`,
	WrongTypes:  `{"links":7,"projects":{"id":1,"name":[]}}`,
	InvalidUTF8: "{\"links\":{},\"projects\":[{\"id\":\"\xff\xfe\",\"name\":\"\xc3\x28\"}]}",
}

// playFault answers a request that a fault strikes whatever the operation does. It returns false
// when the operation has to go on.
func (b *Backend) playFault(fault wire.Fault, operation string, w http.ResponseWriter, r *http.Request) bool {
	bodies := hostileLists
	if operation == OpListProjects {
		bodies = hostileProjects
	}
	if bodies.Play(w, r, fault) {
		return true
	}
	switch fault.Kind {
	case Unauthorized:
		fail(w, errAuthentication("decrypt token fail"))
	case TokenExpired:
		fail(w, errTokenExpired)
	case Forbidden:
		fail(w, errForbidden)
	case UnavailableJSON:
		fail(w, errUnavailable)
	default:
		for _, doc := range FaultKinds {
			if doc.Kind == fault.Kind {
				return false
			}
		}
		wire.Violate(r, "the mock has no fault of kind %q", fault.Kind)
		http.Error(w, fmt.Sprintf("mock: no fault of kind %q for %s", fault.Kind, operation), http.StatusInternalServerError)
	}
	return true
}

// maxCount is the most that [CountCapped] counts.
const maxCount = 1000

// setModes changes the mode of apps, whose ids are parted by commas, or of all.
func (b *Backend) setModes(ids, mode string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, a := range b.order {
		if ids == "" || slices.Contains(strings.Split(ids, ","), a.id) {
			b.flip(a, mode)
		}
	}
}

// answerList sends a page, or what a fault makes of it.
func (b *Backend) answerList(w http.ResponseWriter, r *http.Request, p paging, page pager) {
	fault, _ := wire.ServiceFault(r)
	offset, limit := p.offset, p.limit
	switch fault.Kind {
	case RepeatingPages:
		offset = 0
	case OverlappingPages:
		offset = max(0, offset-1)
	case ShortPages:
		limit = (limit + 1) / 2
	}
	items, count := page(offset, limit)
	if items == nil {
		items = []any{}
	}
	answer := list{Count: count, Items: items}
	switch b.Switches().Count {
	case CountCapped:
		answer.Count = min(count, maxCount)
	case CountMissing:
		answer.uncounted = true
	case CountPage:
		answer.Count = len(items)
	}
	switch fault.Kind {
	case OpenAfter:
		b.setModes(fault.Body, AllUser)
	case CloseAfter:
		b.setModes(fault.Body, AssignUser)
	case EndlessPages:
		answer = list{Count: 1 << 40}
		for i := range p.limit {
			name := fmt.Sprintf("endless-%d", p.offset+i)
			answer.Items = append(answer.Items, map[string]any{
				"account": name, "domain": localDomain, "account_type": Simple,
				"id": name, "name": name, "authorization_type": AssignUser,
			})
		}
	case RepeatingPages, CountHigh:
		answer.Count = max(2*count, p.offset+2*p.limit)
	case CountLow:
		answer.Count = 0
	case CountNegative:
		answer.Count = -1
	case MissingItems:
		wire.WriteJSON(w, http.StatusOK, struct{}{})
		return
	}
	wire.Note(r, "offset", p.offset, "limit", p.limit, "items", fmt.Sprintf("%d/%d", len(answer.Items), answer.Count))
	body, err := answer.appendJSON(nil)
	if err != nil {
		http.Error(w, "mock: "+err.Error(), http.StatusInternalServerError)
		return
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	}
	_, _ = w.Write(body)
}
