"""The legal forms that firms carry in their names, each under its class. Knows no list.

A class is enough for comparing: a filing that prints "GmbH" where the list prints "Ltd" speaks of a limited
company both times, and translations of one form ("OOO", "LLC") are the commonest difference between the two.
Compiled from ISO 20275 (GLEIF Entity Legal Forms) for the forms that stand on the UN, OFAC and BIS lists.
"""

# Written as `names` leaves them: lower case, ASCII, dots gone, lone letters joined ("s.a. de c.v." -> "sa de cv").
_FORMS: dict[str, str] = {
    # limited companies
    "llc": """llc lllc ltd limited ltda limitada limitee lda gmbh mbh gesmbh ug kft doo dooel ood eood ooo tov bv bvba
        srl sarl sarlu eurl suarl sprl rl sro zoo spzoo inc incorporated incorporation pvt pte pty sdn fze fzco fzc
        fzllc fz ab oy aps eirl mmc xk sia uab ou osauhing wll spc dmcc tic sti coltd
        pvtltd pteltd ptyltd sdnbhd ltdsti ltdco colimited
        |co ltd|co limited|company ltd|company limited|pvt ltd|pte ltd|pty ltd|private limited|private ltd|pvt limited
        |sdn bhd|sendirian berhad|limited liability company|limited liability co|limited company
        |society with limited liability|company with limited liability|with limited liability
        |gesellschaft mit beschrankter haftung|fz llc|fz co|fz e
        |obshchestvo s ogranichennoi otvetstvennostyu|obshchestvo s ogranichennoy otvetstvennostyu
        |obshestvo s ogranichennoi otvetstvennostyu|obshchestvo s ogranichenoi otvetstvennostyu
        |obschestvo s ogranichennoy otvetstvennostyu|tovarystvo z obmezhenoyu vidpovidalnistyu
        |sociedad de responsabilidad limitada|sociedad limitada|societe a responsabilite limitee
        |srl de cv|sde rl|sde rl de cv|s de rl|s de rl de cv|sp zoo|sp z oo|spolka zoo|spolka z oo
        |besloten vennootschap|limited sirketi|limited sti|ltd sti|san tic ltd sti|san ve tic ltd sti|tic ltd sti
        |sas|youxian gongsi|you xian gong si|you xian ze ren gong si|zrt|empresa individual de responsabilidad limitada""",
    # joint-stock companies
    "jsc": """jsc ojsc cjsc pjsc qjsc psc pjs plc ag sa sab spa nv asa oyj aktiengesellschaft ad ead dd kd as
        oao zao pao ao pat prat vat zat tbk bhd berhad psjc saog saoc sal saa kk tas saic sapi kgaa
        |joint stock company|joint stock co|open joint stock company|closed joint stock company
        |public joint stock company|private joint stock company|open joint stock co|stock company
        |public limited company|public company limited|pcl|pclc|public company
        |aktsionernoe obshchestvo|otkrytoe aktsionernoe obshchestvo|zakrytoe aktsionernoe obshchestvo
        |publichnoe aktsionernoe obshchestvo|aktsionernaya kompaniya|otkrytoye aktsionernoye obshchestvo
        |aktsionernoye obshchestvo|zakrytoye aktsionernoye obshchestvo|publichnoye aktsionernoye obshchestvo
        |otkritoe aktsionernoe obshchestvo|sociedad anonima|societe anonyme|societa per azioni|naamloze vennootschap
        |sa de cv|sab de cv|sapi de cv|anonim sirketi|anonim sti|as sirketi|aksjeselskap|kabushiki kaisha|kabushiki gaisha
        |joint stock|sociedade anonima|perseroan terbatas|zhu shi hui she|gu fen you xian gong si|gufen youxian gongsi""",
    # partnerships
    "llp": """llp lp lllp kg ohg gbr snc scs gp slp cv sc scrl sencrl kommanditgesellschaft
        |limited partnership|limited liability partnership|general partnership|gmbh and co kg|gmbh co kg|ag and co kg""",
    # state and unitary enterprises
    "state": """fgup fgu gup mup fsue sue dp rue rup
        |federal state unitary enterprise|state unitary enterprise|state owned enterprise
        |federalnoe gosudarstvennoe unitarnoe predpriyatie|gosudarstvennoe unitarnoe predpriyatie""",
}  # fmt: skip

# At the head of a name only these short forms are legal forms ("OOO Romashka", "PT Pindad"); others of two or three
# letters are as often part of the name itself ("RT-Avto", "AS Monaco", "SA Armoury").
_SHORT_AT_HEAD = frozenset(
    "ooo oao zao ao pao tov pat pt prat ojsc cjsc pjsc jsc llc ltd fgup gup fsue doo ood sarl kk ip".split()
)
# Ordinary words or initials when they end a name, so never stripped there: "Atlas Cv", "Kim Dp".
_NOT_AT_TAIL = frozenset("sc gp dp lp fz cv sp ip pt".split())


def _written_forms() -> dict[tuple[str, ...], str]:
    forms: dict[tuple[str, ...], str] = {}
    for kind, text in _FORMS.items():
        single, *phrases = text.split("|")
        for words in [(word,) for word in single.split()] + [tuple(phrase.split()) for phrase in phrases]:
            forms[words] = kind
        forms[(kind,)] = kind
    forms[("pt",)] = "jsc"
    forms[("ip",)] = "llc"
    return forms


_WRITTEN = _written_forms()
_LONGEST = max(map(len, _WRITTEN))
_LAST_WORDS = frozenset(words[-1] for words in _WRITTEN)
_FIRST_WORDS = frozenset(words[0] for words in _WRITTEN)


def without_form(words: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """A name's words without the legal forms at either end, and the class of the form ("" for none).

    The form at the tail wins over one at the head. At least one word always stays, so that a firm called
    "Limited" keeps its name.
    """
    found = ""
    while len(words) > 1 and words[-1] in _LAST_WORDS:
        for length in range(min(_LONGEST, len(words) - 1), 0, -1):
            tail = words[-length:]
            kind = _WRITTEN.get(tail)
            if kind and not (length == 1 and tail[0] in _NOT_AT_TAIL):
                words, found = words[:-length], found or kind
                break
        else:
            break
    while len(words) > 1 and words[0] in _FIRST_WORDS:
        for length in range(min(_LONGEST, len(words) - 1), 0, -1):
            head = words[:length]
            kind = _WRITTEN.get(head)
            if kind and (length > 1 or head[0] in _SHORT_AT_HEAD or len(head[0]) >= 10):
                words, found = words[length:], found or kind
                break
        else:
            break
    if found and len(words) > 1 and words[-1] == "co":
        words = words[:-1]  # "Acme Company, S.A." and "Acme S.A." are one form with and without its noun
    return words, found
