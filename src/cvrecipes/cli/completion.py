"""The command completion: what a shell needs to complete commands, options and locales."""

from __future__ import annotations

import click

VARIABLE = "_CVRECIPES_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the code that completes commands in SHELL.

    Options, locales, presets and settings are completed as well.


    bash: eval "$(cvrecipes completion bash)" in ~/.bashrc; zsh: the same with zsh in ~/.zshrc;
    fish: cvrecipes completion fish > ~/.config/fish/completions/cvrecipes.fish
    """
    from click.shell_completion import ShellComplete, get_completion_class

    complete = get_completion_class(shell)
    assert complete is not None
    # Not bash's own method, which first runs a bash to see its version.
    source = ShellComplete.source(complete(context.find_root().command, {}, "cvrecipes", VARIABLE))
    # After a setting's name and = comes its value, not a space.
    open_end = "COMPREPLY+=($value)\n            [[ $value == *= ]] && compopt -o nospace"
    click.echo(source.replace("COMPREPLY+=($value)", open_end))
