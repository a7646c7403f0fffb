defmodule Specter.GuidesTest do
  # The guides beside that of the lifecycle: their code does what they say.
  use Specter.Test.Case

  import Specter.Test.Channels

  alias Specter.Test.Examples

  @guides Path.expand("../guides", __DIR__)

  defmodule Signalling do
    def send_to_peer(json), do: send(self(), {:for_the_peer, json})
  end

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

  test "tracks" do
    specter = init()
    api = new_api(specter)
    [camera, inlet, outlet, viewer] = for _ <- 1..4, do: new_peer(specter, api)

    binding = [
      specter: specter,
      camera: camera,
      inlet: inlet,
      outlet: outlet,
      viewer: viewer,
      connect: &connect(specter, &1, &2)
    ]

    assert Examples.run(examples("tracks.md"), binding) == :ok
  end

  test "supervision" do
    # A process is killed in it, of which its supervisor makes a report.
    :ok = :logger.set_handler_config(:default, :level, :none)
    on_exit(fn -> :logger.set_handler_config(:default, :level, :all) end)
    assert Examples.run(examples("supervision.md")) == :ok
  end

  test "the first programs of the READMEs, and how a failure looks" do
    for page <- ["../README.md", "../../README.md"] do
      text = File.read!(Path.expand(page, __DIR__))

      [program | others] =
        List.flatten(Regex.scan(~r/```elixir\n(.*?)```/s, text, capture: :all_but_first))

      # A test asks no server. The signalling is the application's own: here it is this module's.
      program =
        program
        |> String.replace(~r/ice_servers: \[".*"\]/, "ice_servers: []")
        |> String.replace(
          ~r/send_to_peer\(|MySignalling.send\(/,
          "Specter.GuidesTest.Signalling.send_to_peer("
        )

      {_value, binding} = Code.eval_string(program)
      assert_received {:for_the_peer, ~s({"type":"offer") <> _}

      for code <- others, code =~ ":connection_failed" do
        send(self(), {:connection_failed, binding[:pc], :ice_failure, "a sentence"})

        assert ExUnit.CaptureIO.capture_io(fn -> Code.eval_string(code, binding) end) ==
                 "ice_failure: a sentence\n"
      end
    end
  end

  test "each stands in the package's documentation" do
    extras = Specter.MixProject.project()[:docs][:extras]
    for name <- File.ls!(@guides), do: assert("guides/#{name}" in extras)
  end
end
