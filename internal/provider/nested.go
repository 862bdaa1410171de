// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// nested is a block in the block of a service. Its attributes are known as "block.attribute".
type nested struct {
	name        string
	description string
	texts       []text
}

// How long temporary keys may live, by IAM's rules.
const minKeySeconds, maxKeySeconds = 900, 86400

// all lists the attributes of a block and of those in it.
func (b block) all() []text {
	all := slices.Clone(b.texts)
	for _, n := range b.nested {
		for _, t := range n.texts {
			t.name = n.name + "." + t.name
			all = append(all, t)
		}
	}
	return all
}

func (n nested) schema() schema.Block {
	attributes := map[string]schema.Attribute{}
	for _, t := range n.texts {
		attributes[t.name] = t.attribute()
	}
	return schema.SingleNestedBlock{MarkdownDescription: n.description, Attributes: attributes}
}

func (t text) attribute() schema.Attribute {
	if t.seconds {
		return schema.Int64Attribute{
			Optional: true, MarkdownDescription: t.markdown(),
			Validators: []validator.Int64{int64validator.Between(minKeySeconds, maxKeySeconds)},
		}
	}
	var validators []validator.String
	if t.check.check != nil {
		validators = append(validators, t.check)
	}
	return schema.StringAttribute{Optional: true, Sensitive: t.sensitive, MarkdownDescription: t.markdown(), Validators: validators}
}

// given reads an attribute of a block, or of one in it, as text.
func (t text) given(attributes map[string]attr.Value) (value string, isUnknown bool) {
	at := attributes
	name := t.name
	if outer, inner, ok := strings.Cut(name, "."); ok {
		object, _ := attributes[outer].(types.Object)
		if object.IsUnknown() {
			return "", true
		}
		at, name = object.Attributes(), inner
	}
	switch v := at[name].(type) {
	case types.String:
		return v.ValueString(), v.IsUnknown()
	case types.Int64:
		if v.IsUnknown() || v.IsNull() {
			return "", v.IsUnknown()
		}
		return strconv.FormatInt(v.ValueInt64(), 10), false
	}
	return "", false
}

// at is where an attribute stands in the configuration.
func (b block) at(attribute string) path.Path {
	p := path.Root(b.name)
	for name := range strings.SplitSeq(attribute, ".") {
		p = p.AtName(name)
	}
	return p
}

// duration reads a number of seconds, 0 where it is not set.
func (s *settings) duration(attribute string) time.Duration {
	n, _ := strconv.Atoi(s.get(attribute)) // checked before
	return time.Duration(n) * time.Second
}

var isKeySeconds = check{"a number of seconds", func(v string) error {
	if n, err := strconv.Atoi(v); err != nil || n < minKeySeconds || n > maxKeySeconds {
		return errors.New("it is not a number of seconds from 900 to 86400")
	}
	return nil
}}
