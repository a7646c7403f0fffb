defmodule Specter.Test.Guide do
  # The guide as a module's documentation, so that its examples run as doctests.
  @guide Path.expand("../../guides/lifecycle.md", __DIR__)
  @external_resource @guide
  @moduledoc File.read!(@guide)
end
