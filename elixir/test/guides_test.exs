defmodule Specter.GuidesTest do
  # The guides beside that of the lifecycle: their code does what they say.
  use Specter.Test.Case

  import Specter.Test.Channels

  alias Specter.Test.Examples

  @guides Path.expand("../guides", __DIR__)

  defp examples(name) do
    examples = Examples.parse(File.read!(Path.join(@guides, name)))
    assert Enum.count(examples, fn {_code, result} -> result != nil end) > 6
    examples
  end

  test "flow control" do
    specter = init()
    {pc_1, dc_1, pc_2, dc_2} = connected_pair(specter, active: false)
    binding = [specter: specter, pc_1: pc_1, dc_1: dc_1, pc_2: pc_2, dc_2: dc_2]
    assert Examples.run(examples("flow_control.md"), binding) == :ok
  end

  test "supervision" do
    # A process is killed in it, of which its supervisor makes a report.
    :ok = :logger.set_handler_config(:default, :level, :none)
    on_exit(fn -> :logger.set_handler_config(:default, :level, :all) end)
    assert Examples.run(examples("supervision.md")) == :ok
  end

  test "each stands in the package's documentation" do
    extras = Specter.MixProject.project()[:docs][:extras]
    for name <- File.ls!(@guides), do: assert("guides/#{name}" in extras)
  end
end
