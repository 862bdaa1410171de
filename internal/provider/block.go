// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// block is what the provider takes for one service: a block in the provider block. Terraform drops
// a misspelt key of a nested attribute without a word, and refuses it in a block.
type block struct {
	name        string // "huaweicloud"
	service     string // as people call it: "Huawei Cloud Workspace"
	description string
	texts       []text
	attributes  map[string]schema.Attribute // those that the environment doesn't give
	nested      []nested
	quota       rest.Quota // the default of requests_per_minute
	quotaNote   string     // what it means for the time of plans and applies, "" or from a blank on
}

// text is an attribute of a block that takes a string, from the configuration or from the
// environment.
type text struct {
	name        string
	env         string
	description string
	fallback    string // the default as documented, "" for none
	sensitive   bool
	exact       bool  // blanks at the ends belong to the value
	check       check // of what it must be, wherever it comes from
	seconds     bool  // it takes a number
}

// Defaults of the attributes that every service takes.
const (
	defaultRequestTimeout = 90 * time.Second
	defaultMaxRetries     = 5
	defaultMaxConcurrent  = 8
)

// upperLimit keeps numbers within what an int holds on every platform; it is far above any use.
const upperLimit = 1_000_000

func (b block) path(attribute string) string { return b.name + "." + attribute }

// text returns the named attribute's description in the table.
func (b block) text(name string) text {
	for _, t := range b.all() {
		if t.name == name {
			return t
		}
	}
	panic("the block " + b.name + " has no attribute " + name) // a name is a constant of this package
}

// schema makes the block.
func (b block) schema() schema.Block {
	attributes := map[string]schema.Attribute{
		"ca_certificate": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "Certificates of private authorities, as PEM text. They are trusted in addition to the system's " +
				"roots. Default: the system's roots alone.",
			Validators: []validator.String{isCertificates},
		},
		"insecure_skip_verify": schema.BoolAttribute{
			Optional: true,
			MarkdownDescription: "Accept any TLS certificate. Whoever is on the way can then read and change all requests, the " +
				"credentials among them; every run warns of it. Prefer `ca_certificate`. Default: `false`.",
		},
		"request_timeout": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "How long one HTTP attempt may take, the reading of its answer included: a number with a unit, " +
				"such as `90s` or `2m`. Default: `90s`.",
			Validators: []validator.String{isDuration},
		},
		"max_retries": schema.Int64Attribute{
			Optional: true,
			MarkdownDescription: "How many times a failed request is sent again, where that is safe. The waits double from one to " +
				"the next and honour `Retry-After`. Default: `" + strconv.Itoa(defaultMaxRetries) + "`.",
			Validators: []validator.Int64{int64validator.Between(0, 100)},
		},
		"max_concurrent_requests": schema.Int64Attribute{
			Optional: true,
			MarkdownDescription: "The most requests that are under way at a time, across all resources of this service in one run. " +
				"Default: `" + strconv.Itoa(defaultMaxConcurrent) + "`.",
			Validators: []validator.Int64{int64validator.Between(1, upperLimit)},
		},
		"max_revocations": schema.Int64Attribute{
			Optional: true,
			MarkdownDescription: "A plan that would revoke more than this fails: all resources of this service together, and destroys and replacements " +
				"count. It guards against a truncated file behind `for_each`. Default: no limit.",
			Validators: []validator.Int64{int64validator.AtLeast(0)},
		},
	}
	maps.Copy(attributes, b.attributes)
	for _, t := range b.texts {
		attributes[t.name] = t.attribute()
	}
	block := schema.SingleNestedBlock{
		MarkdownDescription: b.description,
		Attributes:          attributes,
		Blocks: map[string]schema.Block{
			"requests_per_minute": schema.SingleNestedBlock{
				MarkdownDescription: "The most requests that are sent in any 60 seconds; below that nothing waits. `0` is unlimited. " +
					"Default: " + quotaText(b.quota) + ". A number that is left out keeps its default." + b.quotaNote,
				Attributes: map[string]schema.Attribute{
					"read": schema.Int64Attribute{
						Optional:            true,
						MarkdownDescription: "Requests that only read. Default: " + limitText(b.quota.Read) + ".",
						Validators:          []validator.Int64{int64validator.Between(0, upperLimit)},
					},
					"write": schema.Int64Attribute{
						Optional:            true,
						MarkdownDescription: "Requests that change something. Default: " + limitText(b.quota.Write) + ".",
						Validators:          []validator.Int64{int64validator.Between(0, upperLimit)},
					},
				},
			},
		},
	}
	for _, n := range b.nested {
		block.Blocks[n.name] = n.schema()
	}
	return block
}

func (t text) markdown() string {
	parts := []string{t.description, fmt.Sprintf("Environment variable: `%s`.", t.env)}
	if t.fallback != "" {
		parts = append(parts, "Default: "+t.fallback+".")
	}
	return strings.Join(parts, " ")
}

func limitText(n int) string {
	if n == 0 {
		return "unlimited"
	}
	return "`" + strconv.Itoa(n) + "`"
}

func quotaText(q rest.Quota) string {
	if q == (rest.Quota{}) {
		return "unlimited"
	}
	return fmt.Sprintf("`read = %d` and `write = %d`", q.Read, q.Write)
}
