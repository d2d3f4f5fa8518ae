"""Common first names of Indonesia and the English-speaking world: evidence where a phrase alone
is none. Lower case.
"""

from __future__ import annotations

from app.bot.nova.vocabulary import word_set

GIVEN_NAMES = word_set(
    """
    abdul abdullah achmad ade adi adinda adit aditya agnes agung agus ahmad aisyah aji akbar alam
    aldi alfi ali alif alya amalia amanda amelia amin aminah amir ana anas andi andika andini andre
    andri anggi anggun ani anisa anita annisa anton anwar aprilia ardi ari arief arif arifin aris
    arya asep asih astrid astuti ayu aziz azizah bagas bagus bambang bayu bejo bella bima bintang
    bobi boby budi budiman bulan bunga cahya cahyo candra cantika chandra cici cinta citra dadang
    damar dani daniel darma darmawan david dea dedi deni denny desi dewa dewi dhani dian diana dika
    dimas dina dinda dini dita djoko doni dwi edi edo eka eko ela elsa endang erik erna erni erwin
    eva evi fadli fahmi faisal fajar fani farah farhan farid fatimah fauzan fauzi febri ferdi ferry
    fikri fina firman fitri fitria fitriani galang galih gilang gina gita guntur guruh hadi hafiz
    halimah hana hani hari hartono hasan hasanah hendra hendri hendro heni henny heri herman heru
    hidayat husein husni ibrahim icha ida ika ikhsan ilham imam iman imas ina indah indra indri
    intan ipul ira irfan irma irwan isma ismail iwan jaka jamal jamilah jihad joko joni juliana
    julianti jumadi junaedi kadek kamil karina kartika kartini kasih ketut kevin khadijah kiki
    komang krisna kurnia kurniawan laila laras lastri latifah lela lesti lestari lia lilis lina
    linda lisa lukman lulu lusi luthfi made mahmud mahendra maman mamat mariam marni marwah mawar
    maya maulana mega megawati melati meli mentari mila mimi mira mona muhammad muh mulyadi mulyono
    murni mustafa mutia mutiara nabila nadia nana nanda nani naufal nia niken nina ningsih nisa nita
    novi novita nuraini nur nurhayati nuri nurul nyoman oki okta oktavia panji pelangi permata pipit
    pratama prabowo pras pratiwi puji puput putra putri putu rachmat raden rafi rahayu rahma rahman
    rahmat rahmawati raihan raka rama ramadhan ramdani rangga rani ratih ratna ratu rendi reni reno
    reza rian rifki rika riko rina rini rio risa riska rista rita rizal rizki rizky robi rohman rosa
    rosi rudi rudy ruslan salma salsabila samsul sandi santi santoso sari satria satrio sekar selvi
    senja septi setiawan shinta sigit siska siti slamet soleh sri subagyo sudirman sugeng suharto
    suhendra sukma sulastri sulis sultan sumiati surya suryani susan susanti susi susilo sutrisno
    suwarno syifa taufik teddy tari teguh tiara tia tika tini tina tita titin toni tono tri tuti
    udin ujang umar umi untung utami uus uut vera vina vino vivi wahid wahyu wahyudi wahyuni wati
    wawan wayan widodo widya wiji wijaya winda windi wira wisnu wiwik wulan wulandari yana yanti
    yanto yayan yeni yoga yogi yohanes yoyok yuda yudi yuli yulia yuliana yulianti yuni yunita yusuf
    yusup zahra zaenal zainal zaki zulfikar petrus paulus markus lukas maria yosef stefanus petang
    gede gusti gunawan ridwan rosyid sinta tasya ucok togar butet tiur ulfa nuril zulham aaron abby
    abigail adam adrian aiden alan albert alex alexander alexandra alfred alice alison allison alvin
    amber amy andrea andreas andrew andy angel angela angelina ann anna anne annie anthony antonio
    april arthur ashley audrey austin ava barbara ben benjamin bernadette bernard beth betty bill
    billy bob bobby brad bradley brandon brenda brian bridget bruce bryan caleb cameron carl carla
    carlos carol caroline catherine cecilia charles charlie charlotte chloe chris christina
    christine christopher cindy claire clara claudia colin connor craig crystal cynthia daisy dan
    danny darren dave dawn dean deborah debra dennis derek diane dolores donald donna doris dorothy
    doug douglas dylan ed eddie edgar edward edwin elaine eleanor elena eli elias elijah elizabeth
    ella ellen emily emma eric erica erin ethan eugene evan evelyn faith felix fiona florence
    frances francis frank fred freddie gabriel gary george gerald gloria gordon grace graham grant
    greg gregory hannah harold harriet harry harvey heather hector helen henry hope howard hugh hugo
    hunter ian irene iris isaac isabel isabella ivan ivy jack jackie jackson jacob jade james jamie
    jane janet janice jared jasmine jason jay jean jeff jeffrey jenna jennifer jenny jeremy jerry
    jesse jessica jill jim jimmy joan joanna joe joel john johnny jon jonathan jordan jorge jose
    joseph joshua joy joyce juan judith judy julia julian julie june justin karen karl kate
    katherine kathleen kathryn kathy katie keith kelly ken kenneth kim kimberly kyle larry laura
    lauren laurence lawrence leah lee leo leon leonard leslie lewis liam lily logan lori louis
    louise lucas lucia lucy luis luke lydia lynn madison malcolm marc marcus margaret marie marilyn
    marina mario marion mark martha martin marvin mary mason matt matthew maureen max megan melanie
    melissa mia michael michelle miguel mike mohamed mohammad mohammed molly monica morgan nancy
    naomi natalie natasha nathan neil nicholas nick nicole noah nora norman olga oliver olivia omar
    oscar owen pamela patricia patrick paul paula pauline pedro penny peter phil philip phillip
    phoebe rachel ralph ray raymond rebecca reggie richard rick ricky rob robert roberta robin
    rodney roger ronald rose ross roy ruby russell ruth ryan sally sam samantha samuel sandra sara
    sarah scott sean sebastian sergio shane shannon sharon shaun shawn sheila shirley simon sofia
    sophia sophie stacy stan stanley stella stephanie stephen steve steven stewart stuart sue summer
    suzanne sylvia tara ted teresa terry theodore theresa thomas tiffany tim timothy todd tom tommy
    tony tracy travis trevor tyler valerie vanessa veronica vicky victor victoria vincent violet
    virginia vivian walter wanda wayne wendy will william willy winston yvonne zach zachary zoe zoey
    mei ming wei ling chen xiao hiro yuki kenji sakura jin min-jun priya raj ravi anil sunil deepak
    arjun krishna fatima hassan hussein khalid khaled layla mustapha aisha ahmed beverly carly holly
    nelly elly sherly billie hailey harley everly waleed majed hamed syed winifred wilfred mildred
    yasmin björk zoë josé rené parto paijo tukiman yessi yuyun cecep dede neneng euis nengsih ipung
    jajang nanang ngatini parman sukarno suparman supriyadi suryadi tarmin warsito winarti zul zulfa
    aldo alexa alvaro anindita ardiansyah aurel calvin chelsea cheryl clarissa dewangga dicky fathur
    fadil felicia gerry giselle gracia hafidz haikal hilda ivana jessie jihan keisha kezia khairul
    kirana laksmi leonardo luna mahesa marcella marisa marsya maudy mikhael mulan nadya natalia
    nathania nayla pandu prita queen radit raditya raisa rayhan renata reynaldi sabrina sasha shanti
    silvia stefani tantri thalia tiwi valen velia viona wening yosi yudhistira yusril zidan parjo
    paimin sumarni wagiman ngadiman tumini tukinem sutini sumi tarno warno karno sarno giman
    """
)

ORDINARY_NAMES = word_set(
    """
    indah bagus bunga bulan bintang cahya surya pelangi mawar melati mutiara permata intan kasih
    mega ratu dewa dewi putra putri sari senja fajar guntur agung aji alam anggun asih budiman murni
    utami rahmat hidayat kurnia untung slamet jihad imam iman sultan satria galang gilang gita teguh
    candra eka dwi tri damar petang hope grace joy faith rose dawn ruby amber jade ivy lily daisy
    violet june april may mark bill rob frank grant hunter mason pat sue ray jack art dean earl
    crystal penny summer angel will chase gene guy jay lee van victor tim mei dini cinta dan hari
    made puji sandi
    """
)
"""Names that are everyday words too: in lower case they are taken for the word."""

BALINESE = word_set(
    """
    wayan made nyoman ketut gede putu kadek komang gusti nengah dewa luh ngurah dewi
    """
)
"""A name's first word may be "I" only before one of these."""
