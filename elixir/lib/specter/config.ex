defmodule Specter.Config do
  @moduledoc """
  What a Specter was initialized with. `Specter.config/1` gives it.
  """

  @enforce_keys [:ice_servers]
  defstruct [:ice_servers]

  @typedoc "`ice_servers`: URLs as `\"stun:host:port\"`, in the order in which they were given."
  @type t :: %Specter.Config{ice_servers: [String.t()]}
end
